import { ConnectError, messageOf } from '#server/contract/errors.ts'
import type { Herder, InternalHerder } from '#server/contract/herder.ts'
import { backOffMs } from '#server/kafka/back-off.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { clientSettings } from '#server/kafka/client-settings.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'
import { type Engine, startEngine } from '#server/runtime/engine.ts'
import { createHerder, kafkaVersion, type RunningHerder } from '#server/runtime/herder/herder.ts'
import { createWorkerMetrics } from '#server/runtime/metrics/worker-metrics.ts'
import { createStages, type Stage, summarize } from '#server/runtime/stages.ts'
import type { EngineStart, LoneWorkerOptions, WorkerOptions } from '#server/runtime/worker-options.ts'

/** One distributed worker, without its doors. Disposing of it puts its work down, tells the group, and closes. */
export interface Worker extends AsyncDisposable {
  /** What the doors ask, from the first moment on: whatever needs the topics waits until they are read. */
  readonly herder: Herder
  readonly internal: InternalHerder
  /** What takes time just now, for the message of a request that timed out. */
  stage(): Stage | undefined
  /** Everything that is measured, in Prometheus' text format. */
  metrics(): string
  /**
   * Reads the topics and joins the group under this address. Resolves when the topics are read; while Kafka cannot be
   * reached it keeps trying. Rejects with SETTING_INVALID when an internal topic is not what it must be.
   */
  start(url: string): Promise<void>
}

/** One worker of a group. */
export function createWorker(options: WorkerOptions): Worker {
  return createWorkerOf(options, (begin) => startEngine({ ...options, ...begin }))
}

/** A worker around an engine: it waits for Kafka, starts the engine, and answers the doors meanwhile. */
export function createWorkerOf(options: LoneWorkerOptions, start: (begin: EngineStart) => Promise<Engine>): Worker {
  const { config, clock, logger } = options
  const stages = createStages(clock)
  const metrics = createWorkerMetrics({ clock, ...config.metricWindows, version: kafkaVersion })
  const stopping = new AbortController()
  const client = createKafkaClient({
    ...clientSettings(config.properties),
    clientId: `sluice-${config.clientIdStem}-start`,
    clock,
    logger: logger.child('kafka'),
  })
  const running = Promise.withResolvers<RunningHerder>()
  running.promise.catch(() => undefined) // whoever asks is told; nobody has to ask
  let engine: Engine | undefined
  let starting: Promise<void> = Promise.resolve()
  let reaching: Promise<string> | undefined

  /** The start and the doors wait for the same: one tries, and says that it does. */
  function clusterId(): Promise<string> {
    reaching ??= reachKafka().finally(() => {
      reaching = undefined
    })
    return reaching
  }

  async function reachKafka(): Promise<string> {
    for (let failures = 0; ; failures++) {
      try {
        return await client.clusterId()
      } catch (error) {
        if (stopping.signal.aborted) throw new ConnectError('WORKER_STOPPING', 'Worker is shutting down')
        // A wrong password does not get right by waiting.
        if (error instanceof KafkaError && !error.retriable) {
          throw new ConnectError('SETTING_INVALID', `Kafka cannot be used with these settings: ${error.message}`, {
            cause: error,
          })
        }
        if (failures % 10 === 0) logger.warn(`Kafka cannot be reached, trying again: ${messageOf(error)}`)
        await clock.sleep(backOffMs(failures, clock.random()), stopping.signal)
      }
    }
  }

  /** Kafka may go away again while the topics are made and read: then everything begins anew. */
  async function startWithKafka(url: string): Promise<Engine> {
    for (let failures = 0; ; failures++) {
      await stages.run('connecting to Kafka', clusterId)
      try {
        return await start({ url, stages, metrics, signal: stopping.signal })
      } catch (error) {
        if (!(error instanceof KafkaError) || !error.retriable || stopping.signal.aborted) throw error
        logger.warn(`The start broke off and is tried again: ${messageOf(error)}`, { error })
        await clock.sleep(backOffMs(failures, clock.random()), stopping.signal)
      }
    }
  }

  async function run(url: string): Promise<void> {
    try {
      engine = await startWithKafka(url)
      running.resolve(engine.herder)
    } catch (error) {
      running.reject(error)
      throw error
    }
  }

  const herder = createHerder({
    running: running.promise,
    clusterId,
    health: async () =>
      engine
        ? engine.health()
        : { status: 'starting', message: `Worker is still starting up. ${summarize(stages.current())}`.trimEnd() },
  })
  return {
    herder,
    internal: {
      acceptTaskConfigs: herder.acceptTaskConfigs,
      fenceZombies: herder.fenceZombies,
      sessionKey: () => engine?.sessionKey(),
    },
    stage: () => stages.current(),
    metrics: () => metrics.print(),
    start(url) {
      starting = run(url)
      return starting
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      running.reject(new ConnectError('WORKER_STOPPING', 'Worker is shutting down'))
      await starting.catch(() => undefined) // whoever called start was told
      await engine?.[Symbol.asyncDispose]()
      await client[Symbol.asyncDispose]()
    },
  }
}
