import { setTimeout as sleep } from 'node:timers/promises'
import { taskName } from '#server/contract/connector.ts'
import { connectorOf } from '#server/core/plugin-lookup.ts'
import { tasksMaxOf } from '#server/core/task-configs.ts'
import { validateConnector } from '#server/core/validate-connector.ts'
import type { PluginHost, PluginHostEvents } from '#server/runtime/plugin-host.ts'
import type { Ownership } from '#server/runtime/test-tree/ownership.ts'
import { definitions } from '#server/runtime/test-tree/plugins.ts'

/** What a test wants of the plugins that a worker runs. */
export interface HostWishes {
  /** How long a stop of a task takes. */
  stopMs?: number
  /** Names of connectors whose start never ends. */
  hanging?: ReadonlySet<string>
  /** Names of connectors whose start throws, and of tasks that fail once they run. */
  failing?: ReadonlySet<string>
  /** Hears what is to be logged of a connector. */
  onLogLevel?(connector: string, level: string | null): void
  /** Where it is put down of which connector so many tasks were fenced, as `c 3`. */
  fenced?: string[]
  /** Names of connectors whose tasks Kafka does not let be fenced. */
  mayNotFence?: ReadonlySet<string>
}

/** Plugins that do nothing, and tell `ownership` when they do it. `connector c` is the instance, `c-0` a task. */
export function createTestHost(
  worker: string,
  { ownership, events, wishes }: { ownership: Ownership; events: PluginHostEvents; wishes: HostWishes },
): PluginHost {
  const connectors = new Map<string, Record<string, string>>()
  const tasks = new Set<string>()

  function endConnector(name: string): void {
    if (connectors.delete(name)) ownership.ended(`connector ${name}`, worker)
  }

  function endTask(name: string): void {
    if (tasks.delete(name)) ownership.ended(name, worker)
  }

  return {
    definitions: () => definitions,
    recordMemory: () => ({ held: 0, budget: 0 }),
    packages: () => [],
    validate: async (config, facts) =>
      validateConnector({ plugin: connectorOf(definitions, config), plugins: definitions, config, worker: facts }),
    preview: async () => ({ records: [], tolerance: 'none', problem: 'these plugins do nothing' }),
    testConnection: async () => ({ ok: true, steps: [] }),
    async startConnector({ name, config }) {
      if (wishes.hanging?.has(name)) await new Promise(() => undefined)
      if (wishes.failing?.has(name)) throw new Error(`${name} does not start`)
      connectors.set(name, config)
      ownership.began(`connector ${name}`, worker)
    },
    async stopConnector(name) {
      endConnector(name)
      return 'stopped'
    },
    async setConnectorTarget() {},
    forgetTopic: () => undefined,
    setLogLevel: () => undefined,
    setConnectorLogLevel: (connector, level) => wishes.onLogLevel?.(connector, level),
    async taskConfigs(name) {
      const config = connectors.get(name) ?? {}
      const count = Number(config.count ?? -1)
      const { max, enforced } = tasksMaxOf(config)
      return { configs: Array.from({ length: count < 0 ? max : count }, (_, n) => ({ n: `${n}` })), max, enforced }
    },
    async startTask({ id, target }) {
      const name = taskName(id)
      tasks.add(name)
      ownership.began(name, worker)
      setImmediate(() => {
        if (!tasks.has(name)) return
        if (!wishes.failing?.has(name)) return events.taskState(id, target === 'PAUSED' ? 'PAUSED' : 'RUNNING')
        endTask(name)
        events.taskState(id, 'FAILED', `Error: ${name} failed`)
      })
    },
    async stopTask(id) {
      if (wishes.stopMs) await sleep(wishes.stopMs)
      endTask(taskName(id))
      return 'stopped'
    },
    async setTaskTarget(id, target) {
      events.taskState(id, target === 'PAUSED' ? 'PAUSED' : 'RUNNING')
    },
    alterOffsets: async () => false,
    async fenceTasks(connector, _config, tasks) {
      if (wishes.mayNotFence?.has(connector)) throw new Error('Transactional Id authorization failed.')
      wishes.fenced?.push(`${connector} ${tasks}`)
    },
    ownOffsets: async () => undefined,
    storeOffsets: async () => undefined,
    async [Symbol.asyncDispose]() {
      for (const name of connectors.keys()) endConnector(name)
      for (const name of tasks) endTask(name)
    },
  }
}
