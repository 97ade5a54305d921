import type { CliCommand } from '#server/cli/cli-command.ts'
import { UsageError } from '#server/cli/parse-command-line.ts'
import { printable } from '#server/cli/printable.ts'
import { type RecordFormat, recordFormats, type TopicRecord } from '#server/contract/topics.ts'

/** `sluice tail TOPIC`: records as they arrive, until Ctrl-C. */
export const tail: CliCommand = {
  summary: 'prints the records of a topic as they arrive',
  words: ['<topic>'],
  options: {
    'bootstrap.servers': {
      type: 'string',
      doc: 'Kafka, as host:port. Default: BOOTSTRAP_SERVERS, else 127.0.0.1:9092.',
    },
    last: { type: 'string', short: 'n', doc: 'Begins this many records before the end. Default: 10.' },
    contains: { type: 'string', doc: 'Only records whose key or value contains this text.' },
    format: { type: 'string', doc: `How bytes are shown: ${recordFormats.join(', ')}. Default: auto.` },
  },
  async run(input, { topics, print, signal }) {
    const [topic = ''] = input.words
    const last = input.text('last') ?? '10'
    if (!/^\d{1,6}$/.test(last)) throw new UsageError(`--last is "${last}", but must be a whole number.`)
    const format = input.text('format') ?? 'auto'
    if (!isFormat(format))
      throw new UsageError(`--format is "${format}", but must be one of ${recordFormats.join(', ')}.`)
    const contains = input.text('contains')
    const query = { topic, format, backlog: Number(last), ...(contains !== undefined && { contains }) }
    const write = input.flag('json') ? (record: TopicRecord) => JSON.stringify(record) : line
    for await (const { event } of topics().tail(query, signal)) {
      for (const record of event.records) print(write(record))
    }
    return undefined
  },
}

const isFormat = (text: string): text is RecordFormat => recordFormats.some((format) => format === text)

/** Time, place, key and value, with tabs between: `cut` can take it apart, and no record does anything to a terminal. */
const line = ({ timestamp, partition, offset, key, value }: TopicRecord): string =>
  [
    new Date(timestamp).toISOString(),
    `${partition}@${offset}`,
    printable(key?.text ?? ''),
    printable(value?.text ?? '(null)'),
  ].join('\t')
