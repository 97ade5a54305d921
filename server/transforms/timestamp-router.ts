import { text } from '#server/contract/config-field.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { recordText } from '#server/sdk/record-text.ts'
import { defineTransform } from '#server/sdk/transform.ts'
import { createDateFormat, type DateFormat } from '#server/transforms/date-format/date-format.ts'
import { kafkaVersion } from '#server/transforms/kafka-version.ts'

export const timestampRouter = defineTransform({
  class: 'org.apache.kafka.connect.transforms.TimestampRouter',
  version: kafkaVersion,
  summary: 'Sends records to topics named after their timestamp.',
  config: {
    'topic.format': text({
      doc: 'Format string which can contain <code>${topic}</code> and <code>${timestamp}</code> as placeholders for the topic and timestamp, respectively.',
      importance: 'high',
      default: '${topic}-${timestamp}',
    }),
    'timestamp.format': text({
      doc: 'Format string for the timestamp that is compatible with <code>java.text.SimpleDateFormat</code>.',
      importance: 'high',
      default: 'yyyyMMdd',
    }),
  },
  example: { 'topic.format': '${topic}-${timestamp}', 'timestamp.format': 'yyyy-MM' },
  create({ 'topic.format': topicFormat, 'timestamp.format': pattern }) {
    // As in Kafka, a pattern that is none fails the records that need it.
    let format: DateFormat | undefined
    return {
      apply(record) {
        const { timestamp = null, topic } = record
        if (timestamp === null) throw new DataError(`Timestamp missing on record: ${recordText(record)}`)
        format ??= createDateFormat(pattern)
        const formatted = format.format(timestamp)
        const routed = topicFormat.replaceAll('${topic}', () => topic).replaceAll('${timestamp}', () => formatted)
        return { ...record, topic: routed }
      },
    }
  },
})
