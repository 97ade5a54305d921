import { long, text } from 'sluice/sdk/config'

// One table for each connector and transform. The form, validation, the REST answer and the values that a task is given come from it.

export const sourceConfig = {
  topic: text({ doc: 'The topic to publish to.', importance: 'high', checks: [{ check: 'non-empty' }] }),
  'interval.ms': long({
    doc: 'The time from one record to the next, in milliseconds.',
    importance: 'medium',
    default: 1000,
    checks: [{ check: 'range', min: 1 }],
  }),
  count: long({ doc: 'How many records there are in all; -1 for no end.', importance: 'low', default: -1 }),
}

export const sinkConfig = {
  path: text({ doc: 'The file to append to.', importance: 'high', checks: [{ check: 'non-empty' }] }),
}

export const originConfig = {
  header: text({ doc: 'The header to write to.', importance: 'high', checks: [{ check: 'non-empty' }] }),
}
