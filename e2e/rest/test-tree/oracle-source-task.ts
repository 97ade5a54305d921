import { alterAs, failAt } from '#e2e/rest/test-tree/failures.ts'
import type { OracleSourceConfig } from '#e2e/rest/test-tree/oracle-source-config.ts'
import type { ConfigOf } from '#server/contract/config-field.ts'
import type { SourceModule } from '#server/sdk/connector.ts'
import { schema } from '#server/sdk/schema.ts'
import type { SourceTaskContext } from '#server/sdk/source-task.ts'

type Config = ConfigOf<OracleSourceConfig>

export const createConnector: NonNullable<SourceModule<OracleSourceConfig>['createConnector']> = (
  config,
  _context,
  raw,
) => ({
  start: () => failAt(config, 'connector-start', 'connector start failed on purpose'),
  taskConfigs(max) {
    failAt(config, 'task-configs', 'taskConfigs failed on purpose')
    const count = config['test.tasks'] < 0 ? max : config['test.tasks']
    return Array.from({ length: count }, (_, task) => ({ ...raw, 'task.number': String(task) }))
  },
  [Symbol.asyncDispose]: async () => undefined,
})

/** Emits `test.records` records, each task to its own source partition. */
export function createTask(config: Config, context: SourceTaskContext, raw: Record<string, string>) {
  const task = raw['task.number'] ?? '0'
  const sourcePartition = { task }
  let emitted = 0
  return {
    async start() {
      failAt(config, 'task-start', 'task start failed on purpose')
      if (task === '1') failAt(config, 'task1-start', 'task 1 start failed on purpose')
      const [stored] = await context.offsets([sourcePartition])
      if (stored) emitted = Number(stored.i) + 1
    },
    async poll(signal: AbortSignal) {
      failAt(config, 'task-poll', 'task poll failed on purpose')
      if (emitted >= config['test.records']) {
        await context.clock.sleep(100, signal)
        return null
      }
      const i = emitted++
      return [
        {
          sourcePartition,
          sourceOffset: { i },
          topic: config.topic,
          keySchema: schema.int32(),
          key: i,
          valueSchema: schema.string(),
          value: `v${i}`,
        },
      ]
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}

export function validate(raw: Record<string, string>): Record<string, string[]> {
  const config = { 'test.fail': raw['test.fail'] ?? '' }
  failAt(config, 'validate', 'validate failed on purpose')
  const regex = raw['test.regex'] ?? ''
  return {
    ...(regex.includes('!') && {
      'test.regex': [`Invalid value ${regex} for configuration test.regex: No exclamation marks`],
    }),
    ...(config['test.fail'] === 'validate-error' && {
      'not.defined': ['added by validate'],
      'test.int': ['second opinion'],
    }),
  }
}

export const alterOffsets = (raw: Record<string, string>): boolean => alterAs(raw)
