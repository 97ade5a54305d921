import type { Clock } from '#server/contract/clock.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { Preview, PreviewedRecord, PreviewRequest } from '#server/contract/preview.ts'
import { errorSettings } from '#server/core/error-policy.ts'
import { createClientPool } from '#server/kafka/client-pool.ts'
import { withoutNulls } from '#server/runtime/plugin-host.ts'
import { createTaskClients } from '#server/runtime/pool/task-clients.ts'
import type { ThreadConfigs } from '#server/runtime/pool/thread-configs.ts'
import type { ThreadPlugins } from '#server/runtime/pool/thread-plugins.ts'
import { asConsumed, asPolled } from '#server/runtime/preview/given-records.ts'
import { newestRecords } from '#server/runtime/preview/newest-records.ts'
import { previewSinkRecord, previewSourceRecord, type RecordWay } from '#server/runtime/preview/preview-record.ts'
import { sampledRecords } from '#server/runtime/preview/sampled-records.ts'
import { clientUntil } from '#server/runtime/task/client-until.ts'
import { subscriptionOf } from '#server/runtime/task/sink-subscription.ts'
import { createTaskConverters } from '#server/runtime/task/task-converters.ts'
import { createTaskPlugins } from '#server/runtime/task/task-plugins.ts'
import type { During } from '#server/runtime/task/task-runner.ts'
import { transformStages } from '#server/runtime/task/task-transforms.ts'
import { pluginKind, type SourcePlugin } from '#server/sdk/connector.ts'

/** A person waits for the answer: what there is by then is shown. */
const readWithinMs = 5_000
const convertWithinMs = 5_000
const graceMs = 1_000

/** What a thread tries configs with, before they are saved. */
export interface TrialOptions {
  plugins: ThreadPlugins
  configs: ThreadConfigs
  /** The worker's properties. */
  worker: Readonly<Record<string, string>>
  clientId: string
  during: During
  clock: Clock
  logger: Logger
}

/**
 * Tries a config on records: through its converters, predicates and transforms as a task would, without writing anything. What
 * goes wrong with a record is told at its step; what keeps all records away is the answer's `problem`. Throws CONFIG_INVALID,
 * PLUGIN_NOT_FOUND or BAD_REQUEST for a request that cannot be tried.
 */
export async function preview(options: TrialOptions, request: PreviewRequest): Promise<Preview> {
  const { plugins, worker, during, clock, logger } = options
  const { configs, problems } = await during('resolving the config of a preview', () =>
    options.configs.look(withoutNulls(request.config)),
  )
  if (problems.length > 0) {
    throw new ConnectError('CONFIG_INVALID', problems.map(({ message }) => message).join('\n'), { problems })
  }
  const [config = {}] = configs
  const plugin = plugins.of(config)
  const reading = endAfter(clock, readWithinMs)
  const converting = new AbortController()
  const made = createTaskPlugins((stage, hook) => during(`${stage} a preview`, hook), logger)
  const { tolerance } = errorSettings(config)
  const tried: PreviewedRecord[] = []
  try {
    const each = await steps({
      converters: await createTaskConverters(plugins.converters, config, worker, made.own),
      stages: transformStages(plugins.recordPlugins, config, made.own),
      signal: converting.signal,
    })
    const late = endAfter(clock, convertWithinMs, converting)
    for (const step of each) tried.push(await during('trying a record of a preview', step))
    late.abort()
    return { records: tried, tolerance, ...(tried.length === 0 && { problem: nothingThere() }) }
  } catch (error) {
    if (error instanceof ConnectError && ['CONFIG_INVALID', 'BAD_REQUEST'].includes(error.code)) throw error
    return { records: tried, tolerance, problem: messageOf(error) }
  } finally {
    reading.abort()
    converting.abort()
    await made.close()
  }

  async function steps(way: RecordWay): Promise<(() => Promise<PreviewedRecord>)[]> {
    const given = request.records?.slice(0, request.limit)
    if (plugin[pluginKind] === 'source') {
      const source = plugin as SourcePlugin
      const polled = given
        ? asPolled(given, plugins.converters, config.topic)
        : await inTime(
            'The source',
            sampledRecords(source, config, { limit: request.limit, signal: reading.signal, during, clock, logger }),
          )
      return polled.map((record) => () => previewSourceRecord(record, source.class, way))
    }
    const consumed = given ? asConsumed(given, firstTopic(config.topics)) : await consume()
    return consumed.map((record) => () => previewSinkRecord(record, way))
  }

  /** With the connector's own consumer settings, so that its rights are what counts. */
  async function consume() {
    const { subscribe } = subscriptionOf({ connector: config.name ?? 'preview', task: 0 }, config, worker)
    await using pool = createClientPool({ clientId: options.clientId, clock, logger: logger.child('kafka') })
    const clients = createTaskClients(pool, worker, config)
    const { client } = clients.open('consumer')
    try {
      return await during('reading records for a preview', () =>
        inTime('Kafka', newestRecords(clientUntil(client, reading.signal), subscribe, request.limit, reading.signal)),
      )
    } finally {
      clients.release()
    }
  }

  /** Who heeds the signal hands over what there is; who does not is given up. */
  function inTime<Read>(who: string, read: Promise<Read>): Promise<Read> {
    const late = clock.sleep(readWithinMs + graceMs).then((): never => {
      throw new Error(`${who} did not answer within ${readWithinMs / 1000} s.`)
    })
    return Promise.race([read, late])
  }

  function nothingThere(): string {
    if (plugin[pluginKind] === 'source') return `The source had no records within ${readWithinMs / 1000} s.`
    return 'The topics hold no records yet.'
  }
}

/** Aborts by itself after a while; aborting it earlier ends the wait. */
function endAfter(clock: Clock, ms: number, ending = new AbortController()): AbortController {
  void clock.sleep(ms, ending.signal).then(() => ending.abort())
  return ending
}

const firstTopic = (topics: string | undefined) =>
  topics
    ?.split(',')
    .map((topic) => topic.trim())
    .find((topic) => topic !== '')
