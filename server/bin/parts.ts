import type { Settings } from '#server/bin/settings.ts'

/** A part of Sluice that a person starts by a word. */
export interface Part {
  summary: string
  /** The files that it takes, as a usage line has them. */
  words?: string
  /** The settings that are reached for first, and what each does. */
  settings: Readonly<Record<string, string>>
  /** The page with all of them, where there is one. */
  reference?: string
  /** Runs until it is stopped; loaded only when asked for. */
  run(settings: Settings): Promise<void>
}

const kafka = { 'bootstrap.servers': 'Kafka, as host:port; several with commas.' }
const dataDir = { 'sluice.data.dir': 'Folder of everything that Sluice remembers. Default: .sluice.' }
const fileRoots = { 'sluice.file.roots': 'File connectors may only touch files below these folders.' }
const consoleOwn = {
  'console.port': 'Port of the console. Default: 3000.',
  'database.url': 'PostgreSQL for what the console remembers; without it an embedded one.',
}
const workerOwn = {
  ...kafka,
  listeners: 'Where the REST API listens. Default: http://127.0.0.1:8083.',
  'plugin.path': 'Folders of plugin packages, with commas between.',
  'sluice.profile': 'Is compat or safe; docs/profiles.md tells the difference. Default: compat.',
  ...fileRoots,
  ...dataDir,
}
const reference = 'docs/reference/worker.md'

export const parts: Readonly<Record<string, Part>> = {
  start: {
    summary: 'a broker, two workers and the console: everything on this machine',
    words: '[worker.properties]',
    settings: {
      ...consoleOwn,
      'rest.port': 'Port of the REST API of the first worker; the next ones follow. Default: 8083.',
      'broker.port': 'Port of the embedded broker. Default: 9092.',
      'bootstrap.servers': 'Use this Apache Kafka in place of the embedded broker.',
      'sluice.workers': 'How many workers start. Default: 2.',
      ...fileRoots,
      ...dataDir,
    },
    reference,
    run: async (settings) => (await import('#server/bin/start.ts')).runStart(settings),
  },
  broker: {
    summary: 'the embedded broker alone',
    settings: {
      'broker.port': 'Port. Default: 9092.',
      'broker.host': 'Address to listen on. Default: 127.0.0.1.',
      'broker.allow.remote':
        'Whether it may listen where other machines reach it: it asks nobody for a login. Default: false.',
      'num.partitions': 'Partitions of topics that are created without a word about it.',
      ...dataDir,
    },
    run: async (settings) => (await import('#server/bin/broker.ts')).runBroker(settings),
  },
  worker: {
    summary: 'one distributed worker',
    words: '[worker.properties]',
    settings: { 'group.id': 'The group that it joins.', ...workerOwn },
    reference,
    run: async (settings) => (await import('#server/bin/worker.ts')).runWorker(settings),
  },
  standalone: {
    summary: 'one worker without a group',
    words: 'worker.properties [connector.properties|.json ...]',
    settings: { 'offset.storage.file.filename': 'The file that keeps offsets.', ...workerOwn },
    reference,
    run: async (settings) => (await import('#server/bin/standalone.ts')).runStandalone(settings),
  },
  console: {
    summary: 'the console alone, for workers that run elsewhere',
    settings: {
      urls: 'Workers to look at, with commas between. Default: http://127.0.0.1:8083.',
      ...kafka,
      'console.host': 'Address to listen on. Default: 127.0.0.1.',
      'console.allowed.hosts': 'Names by which browsers may call it, besides loopback, with commas between.',
      'console.role': 'What everybody who reaches it may do: viewer, operator or admin. Default: admin.',
      ...consoleOwn,
      ...dataDir,
    },
    run: async (settings) => (await import('#server/bin/console.ts')).runConsole(settings),
  },
}
