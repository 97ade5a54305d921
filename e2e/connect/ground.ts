import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { startJvmWorker } from '#e2e/harness/jvm.ts'
import { ask, askSettled } from '#e2e/harness/rest.ts'
import { startSluiceWorker } from '#e2e/harness/sluice-worker.ts'
import type { Properties } from '#e2e/harness/worker-properties.ts'
import { eventually } from '#e2e/start/eventually.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'

export type Kind = 'sluice' | 'jvm'

/** A group of its own on the Apache Kafka of this run, and a folder that every worker's file connectors share. */
export interface Ground extends AsyncDisposable {
  readonly bootstrapServers: string
  readonly group: string
  file(name: string): string
  /** Starts a worker of the group; without `eager` resolves when it is healthy. `secured` is an address of its own for TLS. */
  start(kind: Kind, properties?: Properties, eager?: boolean, secured?: string): Promise<ConnectWorker>
}

export function openGround(shared: Properties = {}): Ground {
  const bootstrapServers = process.env.BOOTSTRAP_SERVERS
  if (!bootstrapServers) throw new Error('BOOTSTRAP_SERVERS names no Apache Kafka: use npm run test:kafka')
  const folder = mkdtempSync(join(tmpdir(), 'sluice-connect-'))
  mkdirSync(join(folder, 'files'))
  const lifecycle = createLifecycle()
  lifecycle.defer(() => rmSync(folder, { recursive: true, force: true }))
  const group = `mixed-${crypto.randomUUID().slice(0, 8)}`
  return {
    bootstrapServers,
    group,
    file: (name) => join(folder, 'files', name),
    async start(kind, properties = {}, eager = false, secured = undefined) {
      const start = kind === 'jvm' ? startJvmWorker : startSluiceWorker
      const all = { ...shared, ...properties }
      const place = {
        bootstrapServers,
        group,
        folder,
        eager,
        properties: all,
        ...(secured !== undefined && { secured }),
      }
      return lifecycle.own(await start(place))
    },
    [Symbol.asyncDispose]: () => lifecycle[Symbol.asyncDispose](),
  }
}

const text = { 'value.converter': 'org.apache.kafka.connect.storage.StringConverter' }

export const fileSource = (file: string, topic: string): Properties => ({
  'connector.class': 'FileStreamSource',
  'tasks.max': '1',
  file,
  topic,
  ...text,
})

export const fileSink = (file: string, topics: string, tasks = 1): Properties => ({
  'connector.class': 'FileStreamSink',
  'tasks.max': String(tasks),
  file,
  topics,
  ...text,
})

/** Creates or changes a connector through this worker, whoever leads. */
export async function put(worker: ConnectWorker, name: string, config: Properties): Promise<void> {
  const { status, body } = await askSettled(worker.url, 'PUT', `/connectors/${name}/config`, config)
  if (status !== 200 && status !== 201) throw new Error(`PUT ${name}: ${status} ${JSON.stringify(body)}`)
}

export interface Placed {
  /** Worker ids, by what runs there. */
  connectors: Record<string, string>
  /** By `<connector>-<n>`. */
  tasks: Record<string, string>
}

/**
 * Waits until a worker says that exactly these connectors with so many tasks run, all of them on `on`; answers where
 * each is.
 */
export async function running(
  worker: ConnectWorker,
  wanted: Readonly<Record<string, number>>,
  on: readonly ConnectWorker[],
  withinMs = 60_000,
): Promise<Placed> {
  const ids = on.map(({ id }) => id)
  let last: unknown
  return eventually(
    async () => {
      const { body } = await ask(worker.url, 'GET', '/connectors?expand=status')
      last = body
      const placed: Placed = { connectors: {}, tasks: {} }
      if (Object.keys(body).sort().join() !== Object.keys(wanted).sort().join()) return undefined
      for (const [name, { status }] of Object.entries<Expanded>(body)) {
        if (status.tasks.length !== wanted[name]) return undefined
        for (const one of [status.connector, ...status.tasks]) {
          if (one.state !== 'RUNNING' || !ids.includes(one.worker_id)) return undefined
        }
        placed.connectors[name] = status.connector.worker_id
        for (const task of status.tasks) placed.tasks[`${name}-${task.id}`] = task.worker_id
      }
      return placed
    },
    { withinMs, what: `${JSON.stringify(wanted)} run on ${ids.join(', ')}` },
  ).catch((error: unknown) => {
    throw new Error(`${(error as Error).message}\nbut ${JSON.stringify(last)}`, { cause: error })
  })
}

interface Expanded {
  status: {
    connector: { state: string; worker_id: string }
    tasks: { id: number; state: string; worker_id: string }[]
  }
}

/** How many connectors and tasks each worker has. */
export const shares = ({ connectors, tasks }: Placed, workers: readonly ConnectWorker[]) =>
  workers.map(({ id }) => ({
    connectors: Object.values(connectors).filter((owner) => owner === id).length,
    tasks: Object.values(tasks).filter((owner) => owner === id).length,
  }))

/** Whether connectors, and tasks, are spread as Kafka's assignors spread them: no worker has two more than another. */
export function isBalanced(placed: Placed, workers: readonly ConnectWorker[]): boolean {
  const all = shares(placed, workers)
  return (['connectors', 'tasks'] as const).every((kind) => {
    const counts = all.map((share) => share[kind])
    return Math.max(...counts) - Math.min(...counts) < 2
  })
}

/** Appends lines to one file and waits until another has each of them. */
export async function carries(from: string, to: string, lines: readonly string[], withinMs = 60_000): Promise<void> {
  appendFileSync(from, lines.map((line) => `${line}\n`).join(''))
  await eventually(
    async () => {
      const arrived = new Set(linesOf(to))
      return lines.every((line) => arrived.has(line)) ? true : undefined
    },
    { withinMs, what: `${lines.length} lines from ${from} in ${to}` },
  )
}

export const linesOf = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
