import type { ConnectorStatus, InstanceState } from '#server/contract/connector.ts'

/** What a person wants restarted (KIP-745). */
export interface RestartRequest {
  includeTasks: boolean
  onlyFailed: boolean
}

/** The wider of two requests for the same connector (Kafka: `RestartRequest.compareTo`). */
export function mergeRestarts(first: RestartRequest, second: RestartRequest): RestartRequest {
  return impact(second) >= impact(first) ? second : first
}

/** What restarts everything outweighs what restarts the failed alone, tasks included or not. */
const impact = ({ includeTasks, onlyFailed }: RestartRequest): number => (onlyFailed ? 0 : 2) + (includeTasks ? 1 : 0)

/**
 * The status in which what is to be restarted shows RESTARTING (Kafka: `RestartPlan`). The trace of what failed stays: it
 * is why somebody restarts it.
 */
export function planRestart(status: ConnectorStatus, request: RestartRequest): ConnectorStatus {
  const concerns = (state: InstanceState) => !request.onlyFailed || state === 'FAILED'
  return {
    ...status,
    connector: concerns(status.connector.state) ? restarting(status.connector) : status.connector,
    tasks: status.tasks.map((task) => (request.includeTasks && concerns(task.state) ? restarting(task) : task)),
  }
}

const restarting = <Status extends { state: InstanceState }>(status: Status): Status => ({
  ...status,
  state: 'RESTARTING',
})
