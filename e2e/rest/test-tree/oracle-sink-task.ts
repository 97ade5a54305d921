import { alterAs, failAt } from '#e2e/rest/test-tree/failures.ts'
import type { OracleSinkConfig } from '#e2e/rest/test-tree/oracle-sink-config.ts'
import type { ConfigOf } from '#server/contract/config-field.ts'
import type { SinkModule } from '#server/sdk/connector.ts'
import type { SinkTask } from '#server/sdk/sink-task.ts'

export const createConnector: NonNullable<SinkModule<OracleSinkConfig>['createConnector']> = (
  config,
  _context,
  raw,
) => ({
  start: () => failAt(config, 'connector-start', 'connector start failed on purpose'),
  taskConfigs: (max) => Array.from({ length: max }, () => ({ ...raw })),
  [Symbol.asyncDispose]: async () => undefined,
})

export function createTask(config: ConfigOf<OracleSinkConfig>): SinkTask {
  return {
    start: () => failAt(config, 'task-start', 'task start failed on purpose'),
    put({ count }) {
      if (count > 0) failAt(config, 'task-put', 'task put failed on purpose')
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}

export const alterOffsets = (raw: Record<string, string>): boolean => alterAs(raw)
