import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { takeDataFolder } from '#server/bin/data-folder.ts'
import { ensureBuilt } from '#server/bin/ensure-built.ts'
import type { Settings } from '#server/bin/settings.ts'
import { untilStopped } from '#server/bin/until-stopped.ts'
import { type Role, roles } from '#server/console/access.ts'
import { createConsole } from '#server/console/console.ts'
import { openInBackground } from '#server/console/database/background.ts'
import { loadFingerprintKey } from '#server/console/fingerprint.ts'
import { namesIn } from '#server/console/names-in.ts'
import { createDoor } from '#server/console/web/door.ts'
import { preparePages } from '#server/console/web/pages.ts'
import { apiPath, type PagesState, startWebServer } from '#server/console/web/server.ts'
import { systemClock } from '#server/contract/clock.ts'
import type { EmbeddedWorkers } from '#server/contract/embedded-workers.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import { createLifecycle, type Lifecycle } from '#server/contract/lifecycle.ts'
import { createLogLevels } from '#server/observe/log-levels.ts'
import { createLogger } from '#server/observe/logger.ts'
import { createStreamSink } from '#server/observe/stream-sink.ts'
import { createTopics } from '#server/topics/topics.ts'
import { createTrpcHandler } from '#server/trpc/http-handler.ts'

export interface ConsoleStart {
  host: string
  /** 0 takes a free one. */
  port: number
  /** The console keeps its own things in `console` below it. */
  dataDir: string
  /** Undefined: an embedded PostgreSQL in the data folder. */
  databaseUrl: string | undefined
  cluster: {
    urls: readonly string[]
    bootstrapServers: string | undefined
    /** How to log in at these servers, in the properties of Kafka's clients; no other cluster is told. */
    kafka?: Readonly<Record<string, string>>
  }
  /** The workers of the cluster, when this process runs them; their URLs are then those of the moment. */
  embeddedWorkers?: EmbeddedWorkers
  /** Until it resolves, the console shows a page that asks again by itself. */
  pagesBuilt: Promise<void>
  dev: boolean
  /** Names by which browsers may call it, besides loopback. */
  allowedHosts?: readonly string[]
  /** Of everybody who reaches it. */
  role?: Role
}

export interface RunningConsole extends AsyncDisposable {
  url: string
}

const defaults = { host: '127.0.0.1', port: 3000, dataDir: '.sluice', urls: 'http://127.0.0.1:8083' }
const everyAddress = ['0.0.0.0', '::']

/**
 * Serves the console. It listens at once: the database opens and the pages are built behind it. Closing it ends event
 * streams, which browsers open again when it is back, and takes well under a second.
 */
export async function startConsole(options: ConsoleStart): Promise<RunningConsole> {
  const { host, dev } = options
  const lifecycle = createLifecycle()
  // First of all, so that a build which fails meanwhile is heard.
  const pages = startPages(options, lifecycle)
  try {
    const folder = join(options.dataDir, 'console')
    // I7: the embedded database locks nothing by itself.
    const taken = await takeDataFolder(folder, 'console.lock')
    lifecycle.defer(() => taken[Symbol.dispose]())
    const logger = createLogger({
      name: 'sluice.console',
      sink: createStreamSink(process.stderr, 'text'),
      levels: createLogLevels({ root: 'WARN', clock: systemClock }),
      clock: systemClock,
    })
    const { databaseUrl } = options
    const place = databaseUrl === undefined ? { directory: join(folder, 'database') } : { url: databaseUrl }
    // Loaded late: the generated client is large, and the first page needs none of it.
    const open = async (signal: AbortSignal) =>
      (await import('#server/console/database/database.ts')).openDatabase(place, signal)
    const database = lifecycle.own(openInBackground(open, { clock: systemClock, logger }))
    const console_ = lifecycle.own(
      createConsole({
        own: () => ownCluster(options),
        prisma: database.prisma,
        fingerprintKey: await loadFingerprintKey(folder),
        openTopics: (servers) => createTopics({ kafka: kafkaOf(options, servers), clock: systemClock, logger }),
        shippedSummaries,
        embeddedWorkers: options.embeddedWorkers,
        exampleFolder: exampleFolder(process.env),
        clock: systemClock,
        logger,
      }),
    )
    const context = { console: console_, role: options.role ?? 'admin' }
    const server = lifecycle.own(
      await startWebServer({
        host,
        port: options.port,
        door: createDoor([...(everyAddress.includes(host) ? [] : [urlHost(host)]), ...(options.allowedHosts ?? [])]),
        api: createTrpcHandler({ basePath: apiPath, context, logger }),
        pages: pages.state,
        dev,
        clock: systemClock,
        logger,
      }),
    )
    // Pages that stand already take half a second more: whoever is told the address finds them there.
    await pages.state()
    return {
      url: `http://${urlHost(everyAddress.includes(host) ? 'localhost' : host)}:${server.port}`,
      [Symbol.asyncDispose]: () => lifecycle[Symbol.asyncDispose](),
    }
  } catch (error) {
    await lifecycle[Symbol.asyncDispose]()
    throw error
  }
}

interface PagesStart {
  /** Where the pages stand; once they are built, the answer waits until they are loaded. */
  state(): PagesState | Promise<PagesState>
}

/** Builds nothing itself: waits for what is built, then loads it. */
function startPages({ host, port, dev, pagesBuilt }: ConsoleStart, lifecycle: Lifecycle): PagesStart {
  let loading: Promise<PagesState> | undefined
  let closed = false
  const failed = (error: unknown): PagesState => ({ state: 'failed', reason: messageOf(error) })
  const load = async (): Promise<PagesState> => {
    const pages = await preparePages({ dev, host, port })
    if (closed) await pages[Symbol.asyncDispose]()
    else lifecycle.own(pages)
    return { state: 'ready', pages }
  }
  lifecycle.defer(() => {
    closed = true
  })
  pagesBuilt.then(
    () => {
      if (!closed) loading = load().catch(failed)
    },
    (error) => {
      loading = Promise.resolve(failed(error))
    },
  )
  return { state: () => loading ?? { state: 'building' } }
}

function ownCluster({ cluster, embeddedWorkers }: ConsoleStart) {
  const workers = embeddedWorkers?.list() ?? []
  // Those that run come first, so that no request waits for one that does not.
  const urls = workers.toSorted((a, b) => Number(b.state === 'running') - Number(a.state === 'running'))
  return {
    slug: 'local',
    name: 'Local',
    workerUrls: workers.length > 0 ? urls.map(({ url }) => url) : [...cluster.urls],
    bootstrapServers: cluster.bootstrapServers,
  }
}

function kafkaOf({ cluster }: ConsoleStart, servers: string): Record<string, string> {
  const { 'client.id': _, ...own } = servers === cluster.bootstrapServers ? (cluster.kafka ?? {}) : {}
  return { ...own, 'bootstrap.servers': servers }
}

/** The first folder that file connectors may use; never Sluice's own, which they refuse. */
function exampleFolder(env: NodeJS.ProcessEnv): string {
  const [root] = (env.SLUICE_FILE_ROOTS ?? '').split(delimiter).filter((each) => each !== '')
  return root ? resolve(root) : tmpdir()
}

const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/**
 * `sluice console`: the console alone, for workers that run elsewhere (`urls`, by default a worker on this machine),
 * until SIGTERM, Ctrl-C, or the end of the process that started it.
 */
export async function runConsole(settings: Settings): Promise<never> {
  await serveUntilStopped(settings)
  // The development server leaves watchers behind that would keep the process.
  process.exit(0)
}

async function serveUntilStopped(settings: Settings): Promise<void> {
  const stop = untilStopped()
  await using lifecycle = createLifecycle()
  // Closed last: an open channel to the parent keeps a process alive.
  lifecycle.defer(() => {
    if (process.connected) process.disconnect()
  })
  const dev = settings.get('dev') === 'true'
  const say = (line: string) => console.log(line)
  await ensureBuilt('client', say)
  const running = lifecycle.own(
    await startConsole({
      host: settings.get('console.host') ?? defaults.host,
      port: settings.port('console.port') ?? defaults.port,
      dataDir: resolve(settings.get('sluice.data.dir') ?? defaults.dataDir),
      databaseUrl: settings.get('database.url'),
      cluster: {
        urls: namesIn(settings.get('urls') ?? defaults.urls),
        bootstrapServers: settings.get('bootstrap.servers'),
        kafka: settings.values,
      },
      pagesBuilt: dev ? Promise.resolve() : ensureBuilt('pages', say),
      dev,
      allowedHosts: namesIn(settings.get('console.allowed.hosts') ?? ''),
      role: roleOf(settings),
    }),
  )
  say(`Console   ${running.url}`)
  process.send?.({ ready: true, url: running.url })
  await stop
}

function roleOf(settings: Settings): Role {
  const given = settings.get('console.role') ?? 'admin'
  const role = roles.find((each) => each === given)
  if (role) return role
  throw new ConnectError(
    'SETTING_INVALID',
    `${settings.origin('console.role')} is "${given}", but must be one of ${roles.join(', ')}.`,
  )
}

/** Loaded when a cluster of Apache Kafka Connect is the first to need them. */
async function shippedSummaries(): Promise<ReadonlyMap<string, string>> {
  const { transforms, predicates } = await import('#server/transforms/catalog.ts')
  return new Map([...transforms, ...predicates].map(({ class: name, summary }) => [name, summary]))
}
