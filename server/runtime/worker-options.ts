import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { Peers } from '#server/contract/peers.ts'
import type { LogLevels } from '#server/observe/log-levels.ts'
import type { LogMemory } from '#server/observe/log-memory.ts'
import type { LogSink } from '#server/observe/log-record.ts'
import type { WorkerMetrics } from '#server/runtime/metrics/worker-metrics.ts'
import type { PluginHost } from '#server/runtime/plugin-host.ts'
import type { PluginPoolOptions } from '#server/runtime/pool/pool-options.ts'
import type { Stages } from '#server/runtime/stages.ts'
import type { SharedConfig, WorkerConfig } from '#server/runtime/worker-config.ts'

/** What a worker is made of, whether it shares its work or not. */
export interface LoneWorkerOptions<Config extends SharedConfig = SharedConfig> {
  config: Config
  /** Opens the threads on which plugin code runs. */
  createPool(options: Omit<PluginPoolOptions, 'entry'>): Promise<PluginHost>
  /** Where log lines of pool threads go. */
  sink: LogSink
  levels: LogLevels
  memory: LogMemory
  /** Takes a folder for this process alone; absent: this worker keeps nothing on disk. */
  takeFolder?: (folder: string) => Promise<Disposable>
  clock: Clock
  logger: Logger
}

export interface WorkerOptions extends LoneWorkerOptions<WorkerConfig> {
  /** How to reach the leader of the group. */
  peers: Peers
}

/** What an engine is started with beside the options of its worker. */
export interface EngineStart {
  /** The address by which others reach this worker. */
  url: string
  stages: Stages
  metrics: WorkerMetrics
  /** Aborts when the worker is asked to stop. */
  signal: AbortSignal
}
