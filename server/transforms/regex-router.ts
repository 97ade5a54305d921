import { text } from '#server/contract/config-field.ts'
import { replaceFirst } from '#server/sdk/java-replacement.ts'
import { compilePattern } from '#server/sdk/pattern.ts'
import { defineTransform } from '#server/sdk/transform.ts'
import { kafkaVersion } from '#server/transforms/kafka-version.ts'
import { rememberLast } from '#server/transforms/remember-last.ts'

export const regexRouter = defineTransform({
  class: 'org.apache.kafka.connect.transforms.RegexRouter',
  version: kafkaVersion,
  summary: 'Sends records to another topic, named by a regular expression and a replacement.',
  config: {
    regex: text({
      doc: 'Regular expression to use for matching.',
      importance: 'high',
      checks: [{ check: 'regex' }],
    }),
    replacement: text({ doc: 'Replacement string.', importance: 'high' }),
  },
  example: { regex: 'shop-(.*)', replacement: 'eu-$1' },
  create({ regex, replacement }) {
    const pattern = compilePattern(regex)
    const route = rememberLast((topic) => (pattern.matches(topic) ? replaceFirst(pattern, topic, replacement) : topic))
    return { apply: (record) => ({ ...record, topic: route(record.topic) }) }
  },
})
