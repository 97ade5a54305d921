import type { ConnectorConfig, TargetState } from '#server/contract/connector.ts'
import { type ConfigChange, createConfigFold } from '#server/core/config-fold.ts'
import type { ConfigRecord } from '#server/core/config-record.ts'
import type { ConfigStore } from '#server/runtime/config-store.ts'

/**
 * The configs of a standalone worker, for as long as it runs (Kafka: `MemoryConfigBackingStore`): the same records through
 * the same fold as in a group, without a topic between writer and reader.
 */
export function createConfigMemory(onChange: (change: ConfigChange) => void): ConfigStore {
  const fold = createConfigFold()

  async function write(...records: ConfigRecord[]): Promise<void> {
    for (const record of records) onChange(fold.apply(record, fold.state.offset))
  }

  return {
    state: fold.state,
    start: async () => void fold.apply(undefined, 0), // positions begin with 1: -1 means none
    readToEnd: async () => undefined,
    putConnector: (connector, config: ConnectorConfig, target?: TargetState) =>
      write(...(target === undefined ? [] : [{ kind: 'target', connector, target } as const]), {
        kind: 'connector',
        connector,
        config,
      }),
    removeConnector: (connector) =>
      write({ kind: 'connector', connector, config: null }, { kind: 'target', connector, target: null }),
    putTasks: (connector, tasks) =>
      write(...tasks.map((config, task) => ({ kind: 'task', id: { connector, task }, config }) as const), {
        kind: 'commit',
        connector,
        tasks: tasks.length,
      }),
    putTarget: (connector, target) => write({ kind: 'target', connector, target }),
    stopConnector: (connector) =>
      write({ kind: 'commit', connector, tasks: 0 }, { kind: 'target', connector, target: 'STOPPED' }),
    putSessionKey: (sessionKey) => write({ kind: 'session-key', sessionKey }),
    putRestart: (connector, request) => write({ kind: 'restart', connector, ...request }),
    putLogLevel: (logger, level) => write({ kind: 'logger', logger, level }),
    putConnectorLogLevel: (connector, set) => write({ kind: 'connector-log-level', connector, set }),
    putDrain: (worker, askedAt) => write({ kind: 'drain', worker, askedAt }),
    putFencing: (connector, tasks) => write({ kind: 'fencing', connector, tasks }),
    claim: async () => undefined,
    resign: () => undefined,
    abandonWrites: () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  }
}
