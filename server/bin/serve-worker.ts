import { resolve } from 'node:path'
import { makeDataFolder, takeDataFolder } from '#server/bin/data-folder.ts'
import { knownSettings, openPrefixes } from '#server/bin/known-settings.ts'
import { resolveSettings, withoutSecrets } from '#server/bin/resolved-settings.ts'
import { advertisedUrl, readRestDoors } from '#server/bin/rest-doors.ts'
import type { Settings } from '#server/bin/settings.ts'
import { untilStopped } from '#server/bin/until-stopped.ts'
import { sluiceVersion } from '#server/bin/version.ts'
import { systemClock } from '#server/contract/clock.ts'
import type { Herder } from '#server/contract/herder.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'
import type { Logger } from '#server/contract/logger.ts'
import { settingWarnings } from '#server/core/setting-warnings.ts'
import { createLogLevels, parseThreshold } from '#server/observe/log-levels.ts'
import { createLogMemory } from '#server/observe/log-memory.ts'
import { fanOut } from '#server/observe/log-record.ts'
import { createLogger } from '#server/observe/logger.ts'
import { createScrubber, scrubbed } from '#server/observe/scrubber.ts'
import { createStreamSink } from '#server/observe/stream-sink.ts'
import { parseListener } from '#server/rest/listener.ts'
import { startRest } from '#server/rest/server.ts'
import type { Fetch } from '#server/rest/worker-fetch.ts'
import { createPluginPool } from '#server/runtime/pool/plugin-pool.ts'
import { keepYoungSmall } from '#server/runtime/pool/young-memory.ts'
import type { Worker } from '#server/runtime/worker.ts'
import type { SharedConfig } from '#server/runtime/worker-config.ts'
import type { LoneWorkerOptions } from '#server/runtime/worker-options.ts'

/** What makes one kind of worker. */
export interface WorkerKind<Config extends SharedConfig> {
  read(properties: Readonly<Record<string, string>>): Config
  /** `reach` is how it reaches other workers. */
  create(options: LoneWorkerOptions<Config>, reach: Fetch): Omit<Worker, 'internal'> & Partial<Pick<Worker, 'internal'>>
  /** How it calls itself when it serves. */
  nameOf(config: Config): string
  /** What it does once it runs, before it waits for its end. False: it is to end at once. */
  begin?(herder: Herder, logger: Logger): Promise<boolean>
}

/**
 * One worker and its REST API, until SIGTERM, Ctrl-C, or the end of the process that started it; it then drains and commits
 * its tasks. `poolThread` is the module that its threads run: it brings the plugins.
 */
export async function serveWorker<Config extends SharedConfig>(
  given: Settings,
  kind: WorkerKind<Config>,
  poolThread = new URL('./pool-thread.mjs', import.meta.url),
): Promise<void> {
  keepYoungSmall()
  const scrubber = createScrubber()
  const { settings, secrets } = await resolveSettings(given, scrubber)
  const config = withoutSecrets(scrubber, () => kind.read(settings.values))
  const doors = withoutSecrets(scrubber, () => readRestDoors(settings))
  // One that was asked for has to be there; without the default one a worker does well enough.
  if (settings.get('sluice.data.dir') !== undefined) makeDataFolder(config.dataDir)
  tellConnectors(settings, config.dataDir)
  const stop = untilStopped()
  using _ = leaveAtLast()
  await using lifecycle = createLifecycle()
  // Closed last: an open channel to the parent keeps a process alive.
  lifecycle.defer(() => {
    if (process.connected) process.disconnect()
  })

  let address = new URL(doors.listeners.map((text) => urlOf(text))[0] ?? '').host
  const levels = createLogLevels({ root: parseThreshold(config.logLevel) ?? 'INFO', clock: systemClock })
  const memory = createLogMemory({ worker: () => address })
  const sink = scrubbed(scrubber, fanOut(createStreamSink(process.stderr, 'text'), memory.sink))
  const logger = createLogger({ name: 'sluice.worker', sink, levels, clock: systemClock })
  for (const { key, message } of settingWarnings(Object.keys(settings.values), knownSettings, openPrefixes)) {
    logger.warn(`${message} It comes from ${settings.origin(key)}.`)
  }
  const worker = lifecycle.own(
    kind.create(
      {
        config,
        createPool: (options) => createPluginPool({ ...options, secrets, entry: poolThread }),
        sink,
        levels,
        memory,
        takeFolder: (folder) => takeDataFolder(folder, 'worker.lock'),
        clock: systemClock,
        logger,
      },
      doors.fetch,
    ),
  )
  const rest = lifecycle.own(
    await startRest({
      ...doors,
      herder: worker.herder,
      ...(worker.internal && { internal: worker.internal }),
      stage: worker.stage,
      metrics: worker.metrics,
      clock: systemClock,
      logger: logger.child('rest'),
      version: sluiceVersion,
    }),
  )
  const url = advertisedUrl(rest.urls.slice(0, doors.listeners.length), settings)
  address = new URL(url).host
  const started = worker.start(url)
  const root = worker.herder.root()
  // Whichever comes first: it serves, it cannot run, or it is asked to stop while it still tries.
  await Promise.race([root, started, stop])
  console.log(`Worker at ${url} (${kind.nameOf(config)})`)
  process.send?.({ ready: true, url })
  await Promise.race([started, stop])
  if (kind.begin && !(await Promise.race([started.then(() => kind.begin?.(worker.herder, logger)), stop]))) return
  await stop
}

const lastMs = 2_000

/** A process does not end while one of its threads waits in the operating system: when all is closed it is ended from outside. */
const leaveAtLast = (): Disposable => ({
  [Symbol.dispose]() {
    setTimeout(() => {
      process.removeAllListeners('SIGTERM')
      process.kill(process.pid, 'SIGTERM')
    }, lastMs).unref()
  },
})

/** What file connectors must not touch, for the threads that run them. */
function tellConnectors(settings: Settings, dataDir: string): void {
  process.env.SLUICE_DATA_DIR = resolve(dataDir)
  const roots = settings.get('sluice.file.roots')
  if (roots !== undefined) process.env.SLUICE_FILE_ROOTS = roots
}

const urlOf = (listener: string): string => {
  const { urlHost, port } = parseListener(listener)
  return `http://${urlHost}:${port}`
}
