import type { ConnectorConfig } from '#server/contract/connector.ts'
import { connectorOrWorker } from '#server/core/connector-or-worker.ts'

/**
 * The key, of a worker and of a connector, that says after how long a rest offsets are committed, without waiting for
 * `offset.flush.interval.ms`; 0 never.
 */
export const idleCommitKey = 'sluice.offset.flush.idle.ms'
export const defaultIdleCommitMs = 1_000

/** The rest of one connector; what its config says wrongly is the worker's to say. */
export function idleCommitMsOf(config: ConnectorConfig, worker: Readonly<Record<string, string>>): number {
  return Number(connectorOrWorker(idleCommitKey, /^\d{1,12}$/, config, worker) ?? defaultIdleCommitMs)
}
