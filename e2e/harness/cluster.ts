import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '#e2e/harness/free-port.ts'
import { type SluicePart, startPart } from '#e2e/harness/sluice-part.ts'
import { eventually } from '#e2e/start/eventually.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'

export interface ClusterWorker {
  part: SluicePart
  url: string
  /** `host:port`, as statuses name it. */
  id: string
}

/** A broker and workers as processes, in a folder of their own. */
export interface Cluster extends AsyncDisposable {
  workers: readonly ClusterWorker[]
  bootstrapServers: string
  /** For files that connectors read and write. */
  folder: string
  file(name: string): string
}

export interface ClusterOptions {
  workers?: number
  /** Worker settings beside or instead of the defaults. */
  properties?: Record<string, string>
}

const host = '127.0.0.1'

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-e2e-'))
  const files = join(folder, 'files')
  mkdirSync(files)
  const lifecycle = createLifecycle()
  lifecycle.defer(() => rmSync(folder, { recursive: true, force: true }))
  try {
    const brokerPort = await freePort()
    const bootstrapServers = `${host}:${brokerPort}`
    const broker = ['broker', `--broker.port=${brokerPort}`, `--sluice.data.dir=${join(folder, 'broker')}`]
    lifecycle.own(await startPart(broker))

    const workers: ClusterWorker[] = []
    for (let n = 1; n <= (options.workers ?? 1); n++) {
      const id = `${host}:${await freePort()}`
      const properties = join(folder, `worker-${n}.properties`)
      const settings = { ...defaults(id, bootstrapServers, join(folder, `worker-${n}`)), ...options.properties }
      writeFileSync(properties, propertiesText(settings))
      const part = lifecycle.own(await startPart(['worker', properties]))
      workers.push({ part, url: `http://${id}`, id })
    }
    for (const worker of workers) await healthy(worker)
    return {
      workers,
      bootstrapServers,
      folder: files,
      file: (name) => join(files, name),
      [Symbol.asyncDispose]: () => lifecycle[Symbol.asyncDispose](),
    }
  } catch (error) {
    await lifecycle[Symbol.asyncDispose]()
    throw error
  }
}

const defaults = (id: string, bootstrapServers: string, dataDir: string): Record<string, string> => ({
  listeners: `http://${id}`,
  'bootstrap.servers': bootstrapServers,
  'group.id': 'connect-e2e',
  'config.storage.topic': 'connect-configs',
  'offset.storage.topic': 'connect-offsets',
  'status.storage.topic': 'connect-status',
  'config.storage.replication.factor': '1',
  'offset.storage.replication.factor': '1',
  'status.storage.replication.factor': '1',
  'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'offset.flush.interval.ms': '1000',
  'scheduled.rebalance.max.delay.ms': '0',
  'sluice.data.dir': dataDir,
})

const propertiesText = (settings: Record<string, string>): string =>
  Object.entries(settings)
    .map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\')}\n`)
    .join('')

const healthy = ({ url, part }: ClusterWorker) =>
  eventually(async () => ((await fetch(`${url}/health`)).ok ? true : undefined), {
    withinMs: 30_000,
    what: `${url} becomes healthy\n${part.lines.slice(-20).join('\n')}`,
  })
