import { join, resolve } from 'node:path'
import { takeDataFolder } from '#server/bin/data-folder.ts'
import { ensureBuilt } from '#server/bin/ensure-built.ts'
import { choosePort } from '#server/bin/ports.ts'
import type { Settings } from '#server/bin/settings.ts'
import { superviseChild } from '#server/bin/supervised-child.ts'
import { type SupervisedWorkers, superviseWorkers } from '#server/bin/supervised-workers.ts'
import { untilStopped } from '#server/bin/until-stopped.ts'
import { systemClock } from '#server/contract/clock.ts'
import { createLifecycle, type Lifecycle } from '#server/contract/lifecycle.ts'

const host = '127.0.0.1'
const defaults = { consolePort: 3000, brokerPort: 9092, restPort: 8083, workers: 2, dataDir: '.sluice' }

/** What the parts of one `npm start` share. */
interface Start {
  settings: Settings
  lifecycle: Lifecycle
  dataDir: string
  taken: Set<number>
  say: (line: string) => void
}

/**
 * `sluice start`: the broker (unless Kafka is given), the workers and the console, each told where the others are.
 * SIGTERM and Ctrl-C stop them in reverse order: console, workers (drained and committed), broker.
 */
export async function runStart(settings: Settings): Promise<never> {
  await startAndWait(settings)
  // Parts that were still starting when the stop came must not keep the process: they end with it.
  process.exit(0)
}

async function startAndWait(settings: Settings): Promise<void> {
  const dataDir = resolve(settings.get('sluice.data.dir') ?? defaults.dataDir)
  await using lifecycle = createLifecycle()
  const stop = untilStopped()
  const folder = await takeDataFolder(dataDir)
  lifecycle.defer(() => folder[Symbol.dispose]())
  const start: Start = { settings, lifecycle, dataDir, taken: new Set(), say: (line) => console.log(line) }

  const started = startParts(start)
  // A stop that comes while the parts still start ends the start; what is up already is closed by the lifecycle.
  await Promise.race([started, stop])
  await stop
  start.say('Stopping...')
}

async function startParts(start: Start): Promise<void> {
  const { settings, say } = start
  const consolePort = await pickPort(start, 'console', 'console.port', defaults.consolePort)
  const bootstrapServers = settings.get('bootstrap.servers') ?? (await startBroker(start))
  const clientBuilt = ensureBuilt('client', say)
  const workers = await startWorkers(start, bootstrapServers)

  await clientBuilt
  const pagesBuilt = settings.get('dev') === 'true' ? Promise.resolve() : ensureBuilt('pages', say)
  const { startConsole } = await import('#server/bin/console.ts')
  const console_ = await startConsole({
    host,
    port: consolePort,
    dataDir: start.dataDir,
    databaseUrl: settings.get('database.url'),
    cluster: { urls: workers.urls(), bootstrapServers, kafka: settings.values },
    embeddedWorkers: workers,
    pagesBuilt,
    dev: settings.get('dev') === 'true',
  })
  start.lifecycle.own(console_)
  await pagesBuilt
  say(`Console   http://${host}:${consolePort}`)
  say(`Open http://${host}:${consolePort}`)
}

async function startBroker(start: Start): Promise<string> {
  const port = await pickPort(start, 'broker', 'broker.port', defaults.brokerPort)
  const broker = superviseChild({
    name: 'broker',
    args: ['broker', `--broker.port=${port}`, `--sluice.data.dir=${start.dataDir}`],
    env: process.env,
    logFile: join(start.dataDir, 'logs/broker.log'),
    clock: systemClock,
    onChange: () => undefined,
    onNotice: start.say,
  })
  start.lifecycle.own(broker)
  await broker.start()
  start.say(`Broker    ${host}:${port} (embedded, meant for one machine)`)
  return `${host}:${port}`
}

async function startWorkers(start: Start, bootstrapServers: string): Promise<SupervisedWorkers> {
  const { settings, say } = start
  const explicitPort = settings.port('rest.port')
  const count = settings.count('sluice.workers', { min: 1, max: 16 }) ?? defaults.workers
  const replication = settings.get('bootstrap.servers') === undefined ? '1' : '-1'
  let added = 0
  const workers = superviseWorkers({
    host,
    choosePort: async () => {
      const offset = added++
      const explicit = explicitPort === undefined || offset >= count ? undefined : explicitPort + offset
      const chosen = await choosePort({
        part: `worker ${offset + 1}`,
        host,
        explicit: explicitPort === 0 ? 0 : explicit,
        setting: settings.origin('rest.port'),
        fallback: (explicitPort || defaults.restPort) + offset,
        taken: start.taken,
      })
      return chosen.port
    },
    argsFor: ({ url }) => workerArgs(start, { url, bootstrapServers, replication }),
    env: process.env,
    logFileFor: (id) => join(start.dataDir, `logs/worker-${id}.log`),
    clock: systemClock,
    onChange: () => undefined,
    onNotice: say,
  })
  start.lifecycle.own(workers)
  const begun = Array.from({ length: count }, () => workers.add())
  for (const starting of begun) {
    const worker = await starting
    say(`Worker ${worker.id}  ${worker.url}`)
  }
  return workers
}

/** Defaults of `npm start`; what the user set stands in the environment or the file and is not repeated here. */
function workerArgs(
  { settings, dataDir }: Start,
  worker: { url: string; bootstrapServers: string; replication: string },
): string[] {
  const byDefault: Record<string, string> = {
    'group.id': 'sluice',
    'config.storage.topic': 'sluice-configs',
    'offset.storage.topic': 'sluice-offsets',
    'status.storage.topic': 'sluice-status',
    'config.storage.replication.factor': worker.replication,
    'offset.storage.replication.factor': worker.replication,
    'status.storage.replication.factor': worker.replication,
    'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'offset.flush.interval.ms': '10000',
    'sluice.profile': 'safe',
  }
  const own = { listeners: worker.url, 'bootstrap.servers': worker.bootstrapServers, 'sluice.data.dir': dataDir }
  const file = settings.positional.filter((argument) => argument.endsWith('.properties'))
  const flags = Object.entries(byDefault).filter(([key]) => settings.get(key) === undefined)
  return ['worker', ...file, ...[...flags, ...Object.entries(own)].map(([key, value]) => `--${key}=${value}`)]
}

async function pickPort(start: Start, part: string, key: string, fallback: number): Promise<number> {
  const { port, moved } = await choosePort({
    part,
    host,
    explicit: start.settings.port(key),
    setting: start.settings.origin(key),
    fallback,
    taken: start.taken,
  })
  if (moved) start.say(`Port ${fallback} is taken: the ${part} uses ${port}.`)
  return port
}
