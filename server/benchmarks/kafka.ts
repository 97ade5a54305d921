import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { percentile, round } from '#server/benchmarks/connector-control.ts'
import type { Stage } from '#server/benchmarks/stage.ts'

const run = promisify(execFile)
const clientRun = fileURLToPath(new URL('client-run.ts', import.meta.url))
const runs = 3

interface Figures {
  recordsPerSecond: number
  cpuSecondsPerMillion: number
}

interface Job {
  direction: 'produce' | 'consume'
  server: string
  topic: string
  records: number
  bytes: number
}

/**
 * Our client, kafkajs and, where SLUICE_KAFKA_HOME names its jars, Kafka's own tools: the same records to and from one
 * partition, in turns, each run a process of its own. CPU is that of the whole process, its compiling included.
 */
export async function measureKafkaClients({ bootstrapServers }: Stage): Promise<object[]> {
  const total = Number(process.env.BENCH_RECORDS ?? 2_000_000)
  const clients: Record<string, (job: Job) => Promise<Figures>> = {
    sluice: (job) => runOurs('sluice', job),
    kafkajs: (job) => runOurs('kafkajs', job),
    ...(process.env.SLUICE_KAFKA_HOME ? { java: runJava } : {}),
  }
  const lines: object[] = []
  for (const bytes of [100, 1024]) {
    const records = bytes === 100 ? total : Math.round(total / 4)
    const topic = `clients-${bytes}`
    // The first of our runs makes the topic that the others write to as well.
    for (const direction of ['produce', 'consume'] as const) {
      const figures = new Map<string, Figures[]>(Object.keys(clients).map((name) => [name, []]))
      for (let turn = 0; turn < runs; turn++) {
        for (const [name, measure] of Object.entries(clients)) {
          figures.get(name)?.push(await measure({ direction, server: bootstrapServers, topic, records, bytes }))
        }
      }
      for (const [client, each] of figures) {
        const middle = (of: (one: Figures) => number) => percentile(each.map(of), 0.5)
        lines.push({
          bench: `client-${direction}`,
          client,
          bytes,
          recordsPerSecond: Math.round(middle((one) => one.recordsPerSecond)),
          cpuSecondsPerMillion: round(middle((one) => one.cpuSecondsPerMillion)),
        })
      }
    }
  }
  return lines
}

async function runOurs(client: string, { direction, server, topic, records, bytes }: Job): Promise<Figures> {
  const args = [clientRun, client, direction, server, topic, String(records), String(bytes)]
  const { stdout } = await run(process.execPath, args)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}

/** The shell tells what CPU its children took. */
async function runJava({ direction, server, topic, records, bytes }: Job): Promise<Figures> {
  const jars = join(process.env.SLUICE_KAFKA_HOME ?? '', 'lib/*')
  const tool = `org.apache.kafka.tools.${direction === 'produce' ? 'ProducerPerformance' : 'ConsumerPerformance'}`
  const args =
    direction === 'produce'
      ? [
          '--num-records',
          String(records),
          '--record-size',
          String(bytes),
          '--throughput',
          '-1',
          '--producer-props',
          `bootstrap.servers=${server}`,
        ]
      : ['--bootstrap-server', server, '--messages', String(records)]
  const begin = performance.now()
  const command = ['-c', '"$@"; times', 'sh', 'java', '-Xmx512m', '-cp', jars, tool, '--topic', topic, ...args]
  const { stdout } = await run('sh', command, { maxBuffer: 16 * 1024 * 1024 })
  const seconds = (performance.now() - begin) / 1000
  const told = /([\d.]+) records\/sec \(/.exec(stdout.trim().split('\n').at(-3) ?? '')?.[1]
  const [user = '', system = ''] = stdout.trim().split('\n').at(-1)?.split(' ') ?? []
  const cpu = shellSeconds(user) + shellSeconds(system)
  return {
    recordsPerSecond: told ? Number(told) : records / seconds,
    cpuSecondsPerMillion: (cpu / records) * 1_000_000,
  }
}

/** `1m2.5s` */
function shellSeconds(text: string): number {
  const [, minutes = '0', seconds = '0'] = /(\d+)m([\d.]+)s/.exec(text) ?? []
  return Number(minutes) * 60 + Number(seconds)
}
