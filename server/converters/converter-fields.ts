import { text } from '#server/contract/config-field.ts'

/** The version of every plugin that Kafka ships: clients gate on it. */
export const kafkaVersion = '4.3.1'

/** Set by the worker; never written by hand. */
export const converterType = text({
  doc: 'How this converter will be used.',
  importance: 'low',
  checks: [{ check: 'one-of', values: ['key', 'value', 'header'] }],
})
