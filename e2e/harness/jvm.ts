import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ConnectWorker, healthy } from '#e2e/harness/connect-worker.ts'
import { freePort } from '#e2e/harness/free-port.ts'
import type { WorkerPlace } from '#e2e/harness/sluice-worker.ts'
import { type WatchedProcess, watchProcess } from '#e2e/harness/watched-process.ts'
import { workerProperties, writeProperties } from '#e2e/harness/worker-properties.ts'
import { eventually } from '#e2e/start/eventually.ts'

const logging = fileURLToPath(new URL('../../tools/kafka/log4j2.properties', import.meta.url))
/** Several of them share a small machine with the tests: a quick start counts, not the speed after hours. */
const quickStart = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto']

/** Where the jars of Apache Kafka are: `lib/` and `plugins/`; `npm run test:kafka` sets it. */
export function kafkaHome(): string {
  const home = process.env.SLUICE_KAFKA_HOME
  if (!home) throw new Error('SLUICE_KAFKA_HOME names no folder with the jars of Apache Kafka: use npm run test:kafka')
  return home
}

const javaArgs = (heap: string, main: string, args: readonly string[], home = kafkaHome()) => [
  ...heap.split(' '),
  ...quickStart,
  `-Dlog4j2.configurationFile=${logging}`,
  '-cp',
  join(home, 'lib/*'),
  main,
  ...args,
]

const spawnJava = (args: readonly string[]) => watchProcess(spawn('java', args, { stdio: ['ignore', 'pipe', 'pipe'] }))

export const startJava = (heap: string, main: string, ...args: string[]): WatchedProcess =>
  spawnJava(javaArgs(heap, main, args))

/** A node of Apache Kafka (KRaft), which keeps its data in `folder` and may be started there again. */
export interface KafkaNode extends AsyncDisposable {
  readonly id: number
  readonly bootstrapServers: string
  readonly cluster: KafkaClusterSeat
  readonly part: WatchedProcess
  start(): Promise<void>
}

/** What a further broker must know of the cluster it becomes part of. */
interface KafkaClusterSeat {
  readonly id: string
  /** The address of its one controller. */
  readonly controller: string
}

export interface KafkaNodeOptions {
  /** What differs for one test, made of the addresses that the node listens on. */
  properties?: (addresses: string) => Readonly<Record<string, string>>
  /** Further options of the format tool. */
  format?: readonly string[]
  /** The node whose cluster this one joins as a further broker; without it the node is a cluster by itself. */
  joins?: KafkaNode
  /** Controller and nothing else: the brokers are those that join. */
  controllerOnly?: boolean
  /** Where the jars of a Kafka before 4.0 are: its voters stand in its properties, and no controller is advertised. */
  older?: string
}

export async function startKafkaNode(folder: string, options: KafkaNodeOptions = {}): Promise<KafkaNode> {
  mkdirSync(folder, { recursive: true })
  const { joins, older, controllerOnly = false } = options
  const id = joins ? joins.id + 1 : 1
  const broker = `127.0.0.1:${await freePort()}`
  const cluster = joins?.cluster ?? { id: newClusterId(), controller: `127.0.0.1:${await freePort()}` }
  const addresses = [
    ...(controllerOnly ? [] : [`PLAINTEXT://${broker}`]),
    ...(joins ? [] : [`CONTROLLER://${cluster.controller}`]),
  ].join()
  const file = join(folder, 'server.properties')
  writeProperties(file, {
    'process.roles': joins ? 'broker' : controllerOnly ? 'controller' : 'broker,controller',
    'node.id': `${id}`,
    ...(older === undefined
      ? { 'controller.quorum.bootstrap.servers': cluster.controller }
      : { 'controller.quorum.voters': `1@${cluster.controller}` }),
    listeners: addresses,
    'advertised.listeners': older === undefined ? addresses : `PLAINTEXT://${broker}`,
    ...(!controllerOnly && { 'inter.broker.listener.name': 'PLAINTEXT' }),
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '5',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '5',
    'group.initial.rebalance.delay.ms': '0',
    ...options.properties?.(addresses),
  })
  const voter = joins || older !== undefined ? [] : ['--standalone']
  const format = ['format', ...voter, '-t', cluster.id, '-c', file, ...(options.format ?? [])]
  const tool = javaArgs('-Xmx256m', 'kafka.tools.StorageTool', format, older)
  const formatted = spawnSync('java', tool, { encoding: 'utf8' })
  if (formatted.status !== 0) throw new Error(`Apache Kafka did not format its folder:\n${formatted.stderr}`)
  const start = async () => {
    const part = spawnJava(
      javaArgs(controllerOnly ? '-Xms128m -Xmx256m' : '-Xms512m -Xmx512m', 'kafka.Kafka', [file], older),
    )
    await said(part, 'Kafka Server started', 'Apache Kafka serves')
    return part
  }
  let part = await start()
  return {
    id,
    bootstrapServers: broker,
    cluster,
    get part() {
      return part
    },
    async start() {
      part = await start()
    },
    [Symbol.asyncDispose]: () => part[Symbol.asyncDispose](),
  }
}

/** The first byte is fixed, because Kafka's tool takes what begins with a dash for an option. */
const newClusterId = () => Buffer.from([0, ...crypto.getRandomValues(new Uint8Array(15))]).toString('base64url')

/** A distributed worker of Kafka Connect. */
export async function startJvmWorker(place: WorkerPlace): Promise<ConnectWorker & AsyncDisposable> {
  const port = await freePort()
  const address = `127.0.0.1:${port}`
  const file = join(place.folder, `jvm-${port}.properties`)
  writeProperties(file, {
    ...workerProperties(address, place.bootstrapServers, place.group, place.secured),
    'rest.advertised.host.name': '127.0.0.1',
    'plugin.path': join(kafkaHome(), 'plugins'),
    // Kafka's default loads every class of every jar besides, which takes ten seconds and finds the same.
    'plugin.discovery': 'service_load',
    ...place.properties,
  })
  const launch = () => startJava('-Xms128m -Xmx512m', 'org.apache.kafka.connect.cli.ConnectDistributed', file)
  let part = launch()
  const worker = {
    url: `http://${address}`,
    id: place.secured ?? address,
    get part() {
      return part
    },
    async start() {
      part = launch()
      await healthy(worker.url, part)
    },
    [Symbol.asyncDispose]: () => part[Symbol.asyncDispose](),
  }
  if (!place.eager) await healthy(worker.url, part)
  return worker
}

/** Waits for a line of a process; rejects at once when the process ends without it. */
export async function said(part: WatchedProcess, text: string, what: string): Promise<void> {
  let ended = false
  void part.gone.then(() => {
    ended = true
  })
  const found = await eventually(
    async () => {
      if (part.lines.some((line) => line.includes(text))) return 'yes'
      return ended ? 'no' : undefined
    },
    { withinMs: 60_000, what },
  )
  if (found === 'no') throw new Error(`It ended before ${what}:\n${part.lines.slice(-30).join('\n')}`)
}
