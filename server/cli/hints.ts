import type { ConnectError, ErrorCode } from '#server/contract/errors.ts'
import type { Herder } from '#server/contract/herder.ts'
import { nearestKey } from '#server/contract/nearest-key.ts'

/** What to do next, in words of the command, where the table of errors speaks to programs or of the console's pages. */
const hints: Partial<Record<ErrorCode, string>> = {
  CONNECTOR_NOT_FOUND: '`sluice connectors` lists them.',
  CONNECTOR_EXISTS: '`sluice apply` changes it.',
  TASK_NOT_FOUND: '`sluice status <name>` lists its tasks.',
  PLUGIN_NOT_FOUND: '`sluice plugins` lists what there is.',
  WORKER_NOT_FOUND: '`sluice workers` lists them.',
  DRAIN_NOT_FOUND: '`sluice workers` says which are drained.',
  TOPIC_NOT_FOUND: 'Check the name; a connector creates its topic with its first record.',
  CONFIG_INVALID: '`sluice validate -f <file>` says which key each of these is about.',
  WORKER_UNREACHABLE: 'Check that a worker runs there; --url or SLUICE_URL says where to ask.',
  // The message says all of it: workers of Apache Kafka Connect, or a plugin, offer no such thing.
  UNSUPPORTED: '',
}

/** What to do about an error; a connector that is not there may have been meant otherwise: `words` are those of the command line. */
export async function hintFor(error: ConnectError, words: readonly string[], herder: Herder): Promise<string> {
  const hint = hints[error.code] ?? error.hint
  if (error.code !== 'CONNECTOR_NOT_FOUND') return hint
  // The error is what counts: without a list there is no guess.
  const known = await herder.list().catch((): string[] => [])
  const missing = words.find((word) => !known.includes(word))
  const meant = missing === undefined ? undefined : nearestKey(missing, known)
  return meant === undefined ? hint : `Did you mean ${meant}? ${hint}`
}
