import type { ConnectorPolicies } from '#server/contract/connector.ts'
import { duration } from '#server/contract/duration.ts'

/** What is done by itself about a connector, in two sentences. */
export function policySentences({ restart, stallIntervalMs }: ConnectorPolicies): string[] {
  return [
    restart
      ? `What fails starts again by itself, up to ${restart.attempts} times in a row, after ${duration(restart.firstDelayMs)} at first and ${duration(restart.mostDelayMs)} at most.`
      : 'What fails waits for a person.',
    stallIntervalMs > 0
      ? `A task without progress for ${duration(stallIntervalMs)} counts as stalled.`
      : 'No task counts as stalled.',
  ]
}
