import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectWorker, healthy } from '#e2e/harness/connect-worker.ts'
import { freePort } from '#e2e/harness/free-port.ts'
import { startPart } from '#e2e/harness/sluice-part.ts'
import { startSluiceWorker } from '#e2e/harness/sluice-worker.ts'
import type { Properties } from '#e2e/harness/worker-properties.ts'
import { verifiablePlugins } from '#e2e/verifiable/plugin-folder.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'

/** A broker and workers as processes, in a folder of their own. */
export interface Cluster extends AsyncDisposable {
  workers: readonly ConnectWorker[]
  bootstrapServers: string
  group: string
  /** For files that connectors read and write. */
  folder: string
  file(name: string): string
}

export interface ClusterOptions {
  workers?: number
  /** A Kafka of the test's own. */
  bootstrapServers?: string
  /** The way of the next worker to the brokers: answers the bootstrap servers that it is given. Absent: straight. */
  reach?: (bootstrapServers: string) => Promise<string>
  /** Worker settings beside or instead of the defaults. */
  properties?: Properties
  /** With the verifiable connectors on `plugin.path`, and offsets whose time is the broker's. */
  verifiable?: boolean
}

const verifiable = (folder: string): Properties => ({
  'plugin.path': verifiablePlugins(folder),
  'offset.storage.message.timestamp.type': 'LogAppendTime',
})

/** On the Kafka that BOOTSTRAP_SERVERS names, in a group of its own; else on an embedded broker of its own. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-e2e-'))
  const files = join(folder, 'files')
  mkdirSync(files)
  const lifecycle = createLifecycle()
  lifecycle.defer(() => rmSync(folder, { recursive: true, force: true }))
  const group = `connect-e2e-${crypto.randomUUID().slice(0, 8)}`

  async function embeddedBroker(): Promise<string> {
    const port = await freePort()
    lifecycle.own(await startPart(['broker', `--broker.port=${port}`, `--sluice.data.dir=${join(folder, 'broker')}`]))
    return `127.0.0.1:${port}`
  }

  try {
    const bootstrapServers = options.bootstrapServers ?? (process.env.BOOTSTRAP_SERVERS || (await embeddedBroker()))
    const workers: ConnectWorker[] = []
    for (let n = 1; n <= (options.workers ?? 1); n++) {
      const properties = { ...(options.verifiable && verifiable(folder)), ...options.properties }
      const place = { bootstrapServers: (await options.reach?.(bootstrapServers)) ?? bootstrapServers, group, folder }
      workers.push(lifecycle.own(await startSluiceWorker({ ...place, properties, eager: true })))
    }
    for (const { url, part } of workers) await healthy(url, part)
    return {
      workers,
      bootstrapServers,
      group,
      folder: files,
      file: (name) => join(files, name),
      [Symbol.asyncDispose]: () => lifecycle[Symbol.asyncDispose](),
    }
  } catch (error) {
    await lifecycle[Symbol.asyncDispose]()
    throw error
  }
}
