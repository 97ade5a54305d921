import { type ConfigOf, flag, int, long, text } from '#server/contract/config-field.ts'

const ledger = text({
  doc: 'The folder in which each life of a task keeps its ledger, one JSON line an event. Without it the ledger goes to the standard output.',
  importance: 'medium',
  default: null,
})

export const sourceConfig = {
  topic: text({ doc: 'The topic to publish to.', importance: 'high', checks: [{ check: 'non-empty' }] }),
  throughput: long({
    doc: 'Records per second of each task; none or less for as many as there is room for.',
    importance: 'medium',
    default: 100,
  }),
  'complete.record.data': flag({
    doc: 'Whether a value says everything of its record, instead of its sequence number alone.',
    importance: 'low',
    default: false,
  }),
  'batch.size': int({
    doc: 'The most records of one poll.',
    importance: 'low',
    default: 500,
    checks: [{ check: 'range', min: 1 }],
  }),
  'max.messages': long({
    doc: 'How many records there are of each task; -1 for no end.',
    importance: 'low',
    default: -1,
  }),
  'ledger.folder': ledger,
}

export const sinkConfig = { 'ledger.folder': ledger }

export type VerifiableSourceConfig = ConfigOf<typeof sourceConfig>
export type VerifiableSinkConfig = ConfigOf<typeof sinkConfig>
