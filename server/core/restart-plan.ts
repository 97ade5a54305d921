import type { ConnectorStatus, InstanceState } from '#server/contract/connector.ts'

/** What a person wants restarted (KIP-745). */
export interface RestartRequest {
  includeTasks: boolean
  onlyFailed: boolean
}

/** The wider of two requests for the same connector: that everything is restarted outweighs only what failed. */
export function mergeRestarts(first: RestartRequest, second: RestartRequest): RestartRequest {
  return impact(second) >= impact(first) ? second : first
}

/** Kafka: `RestartRequest.compareTo`. */
const impact = ({ includeTasks, onlyFailed }: RestartRequest): number => (includeTasks ? 2 : 0) + (onlyFailed ? 0 : 1)

/** The status in which what is to be restarted shows RESTARTING (Kafka: `RestartPlan`). */
export function planRestart(status: ConnectorStatus, request: RestartRequest): ConnectorStatus {
  const concerns = (state: InstanceState) => !request.onlyFailed || state === 'FAILED'
  return {
    ...status,
    connector: concerns(status.connector.state) ? restarting(status.connector) : status.connector,
    tasks: status.tasks.map((task) => (request.includeTasks && concerns(task.state) ? restarting(task) : task)),
  }
}

function restarting<Status extends { state: InstanceState; trace?: string }>(status: Status): Status {
  const { trace: _, ...rest } = status
  return { ...rest, state: 'RESTARTING' } as Status
}
