import type { RecordedStep } from '#e2e/rest/test-tree/recording.ts'

interface Status {
  tasks: { id: number; state: string }[]
}

/** Whether a restarted task has failed again yet depends on timing. */
const restartedAndFailing = new Set([
  'rest/failing-connectors/23',
  'rest/failing-connectors/25',
  'rest/failing-connectors/26',
])

/** Other right answers to a step beside the recorded one. */
export function alternatives(step: RecordedStep): unknown[] {
  if (step.id === 'rest/source-offsets/47') {
    // A stale read of the one before.
    return [{ offsets: [{ partition: { filename: 'off.txt' }, offset: { position: 4 } }] }]
  }
  if (!restartedAndFailing.has(step.id)) return []
  const status = step.responseJson as Status
  const inStates = (states: readonly string[]) => ({
    ...status,
    tasks: status.tasks.map((task, i) => ({ ...task, state: states[i] ?? task.state })),
  })
  const possible = ['RESTARTING', 'FAILED']
  return possible.flatMap((first) => possible.map((second) => inStates([first, second])))
}

/** Right after its creation a connector may have its tasks already, or not yet. */
export const tasksMayBeMissing = ({ id, method }: RecordedStep): boolean =>
  method === 'GET' && (id.startsWith('rest/connector-names/') || id === 'rest/exactly-once-not-enabled/4')
