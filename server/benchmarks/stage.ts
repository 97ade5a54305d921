import { type ChildProcess, fork, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Kafka, logLevel } from 'kafkajs'
import { freePort } from '#e2e/harness/free-port.ts'
import { startKafkaNode } from '#e2e/harness/jvm.ts'

const entry = fileURLToPath(new URL('../bin/main.mjs', import.meta.url))

/** Whose worker is measured: ours, or Kafka Connect's own where SLUICE_KAFKA_HOME names its jars. */
export type WorkerKind = 'sluice' | 'kafka-connect'

/** Sluice's own, which `npm start` runs, or a node of Apache Kafka. */
export type BrokerKind = 'sluice' | 'apache-kafka'

/** A broker and workers as processes of their own, measured from outside. */
export interface Stage extends AsyncDisposable {
  folder: string
  bootstrapServers: string
  /** Resolves when it is healthy; `settings` go over those that every worker has. */
  startWorker(kind?: WorkerKind, settings?: Record<string, string>): Promise<MeasuredWorker>
  /** Sum of the end offsets of a topic; 0 while it does not exist. */
  endOffset(topic: string): Promise<number>
  kafka: Kafka
}

export interface MeasuredWorker {
  url: string
  pid: number
  /** From `fork` to the first 200 of `GET /`. */
  readyMs: number
  /** Since `fork`. */
  sinceStartMs(): number
  /** Sends a signal and does not wait: what becomes of it is what is measured. */
  signal(signal: NodeJS.Signals): void
  /** User and system time of the whole process, all threads, in seconds. */
  cpuSeconds(): number
  residentMb(): number
  stop(): Promise<void>
}

export async function openStage(brokerKind: BrokerKind = 'sluice'): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  const children: ChildProcess[] = []
  const node = brokerKind === 'apache-kafka' ? await startKafkaNode(join(folder, 'kafka')) : undefined
  const bootstrapServers = node?.bootstrapServers ?? (await startBroker())
  const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.ERROR })
  const admin = kafka.admin()
  await admin.connect()

  async function startBroker(): Promise<string> {
    const port = await freePort()
    await ready(start('broker', [`--broker.port=${port}`, `--sluice.data.dir=${join(folder, 'state')}`]))
    return `127.0.0.1:${port}`
  }

  function start(part: string, args: string[]): ChildProcess {
    const child = fork(entry, [part, ...args], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    children.push(child)
    return child
  }

  // Its state lies beside the files that connectors read and write: they must not touch Sluice's own folder.
  const startSluice = (settings: Record<string, string>) =>
    start('worker', flags({ 'sluice.data.dir': join(folder, 'state'), 'sluice.log.level': 'WARN', ...settings }))

  function startKafkaConnect(settings: Record<string, string>, file: string): ChildProcess {
    const home = process.env.SLUICE_KAFKA_HOME ?? ''
    const plugins = { 'plugin.path': join(home, 'plugins'), 'plugin.discovery': 'service_load' }
    const lines = Object.entries({ ...settings, ...plugins, 'rest.advertised.host.name': '127.0.0.1' })
    writeFileSync(file, lines.map(([key, value]) => `${key}=${value}\n`).join(''))
    const main = ['-cp', join(home, 'lib/*'), 'org.apache.kafka.connect.cli.ConnectDistributed', file]
    const child = spawn('java', [...distributionFlags, ...main], { stdio: 'ignore' })
    children.push(child)
    return child
  }

  return {
    folder,
    bootstrapServers,
    kafka,
    async startWorker(kind = 'sluice', more = {}) {
      const url = `http://127.0.0.1:${await freePort()}`
      const settings = { ...workerSettings(url, bootstrapServers), ...more }
      const begin = performance.now()
      const child =
        kind === 'sluice'
          ? startSluice(settings)
          : startKafkaConnect(settings, join(folder, `connect-${new URL(url).port}`))
      await answers(url)
      const readyMs = performance.now() - begin
      await answers(`${url}/health`)
      const pid = child.pid ?? 0
      return {
        url,
        pid,
        readyMs,
        sinceStartMs: () => performance.now() - begin,
        cpuSeconds: () => cpuSeconds(pid),
        residentMb: () => residentMb(pid),
        signal: (signal) => void child.kill(signal),
        stop: () => end(child),
      }
    },
    async endOffset(topic) {
      const known = await admin.listTopics()
      if (!known.includes(topic)) return 0
      const offsets = await admin.fetchTopicOffsets(topic)
      return offsets.reduce((sum, { offset }) => sum + Number(offset), 0)
    },
    async [Symbol.asyncDispose]() {
      await admin.disconnect()
      for (const child of children.reverse()) await end(child)
      await node?.[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A group of its own, with topics of its own. */
export const placeOf = (group: string) => ({
  'group.id': group,
  'config.storage.topic': `${group}-configs`,
  'offset.storage.topic': `${group}-offsets`,
  'status.storage.topic': `${group}-status`,
})

/** Only what a group needs to share its work at once; the delay of Kafka Connect's default is not what is measured. */
export const groupOf = (group: string) => ({ ...placeOf(group), 'scheduled.rebalance.max.delay.ms': '0' })

/** What the scripts of Kafka's distribution give to Java, with half of their heap. */
const distributionFlags =
  '-Xms256m -Xmx1g -server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent -Djava.awt.headless=true'.split(
    ' ',
  )

const flags = (settings: Record<string, string>) => Object.entries(settings).map(([key, value]) => `--${key}=${value}`)

const workerSettings = (url: string, bootstrapServers: string): Record<string, string> => ({
  listeners: url,
  'bootstrap.servers': bootstrapServers,
  ...placeOf('bench'),
  'config.storage.replication.factor': '1',
  'offset.storage.replication.factor': '1',
  'status.storage.replication.factor': '1',
  'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
  'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
  'offset.flush.interval.ms': '10000',
})

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: { ready?: boolean }) => message.ready === true && resolve())
    child.once('exit', (code) => reject(new Error(`ended with code ${code} before it was ready`)))
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
}

/** A JVM that shares the machine with others takes its time. */
const answersWithinMs = 120_000

async function answers(url: string): Promise<void> {
  const deadline = performance.now() + answersWithinMs
  while (performance.now() < deadline) {
    const ok = await fetch(url).then(
      (response) => response.ok,
      () => false,
    )
    if (ok) return
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  throw new Error(`${url} did not answer in ${answersWithinMs} ms`)
}

const ticksPerSecond = 100

function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

function residentMb(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1] ?? 0) / 1024
}
