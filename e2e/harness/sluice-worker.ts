import { join } from 'node:path'
import { type ConnectWorker, healthy } from '#e2e/harness/connect-worker.ts'
import { freePort } from '#e2e/harness/free-port.ts'
import { startPart } from '#e2e/harness/sluice-part.ts'
import { type Properties, workerProperties, writeProperties } from '#e2e/harness/worker-properties.ts'

export interface WorkerPlace {
  bootstrapServers: string
  group: string
  /** For its properties and its state. */
  folder: string
  /** Worker settings beside or instead of the defaults. */
  properties?: Properties
  /** `host:port` of a listener with TLS beside the plain one: other workers reach this one, and call it, by that. */
  secured?: string
  /** Do not wait until it is in its group. */
  eager?: boolean
}

/** A distributed worker of Sluice. */
export async function startSluiceWorker(place: WorkerPlace): Promise<ConnectWorker & AsyncDisposable> {
  const port = await freePort()
  const address = `127.0.0.1:${port}`
  const file = join(place.folder, `sluice-${port}.properties`)
  writeProperties(file, {
    ...workerProperties(address, place.bootstrapServers, place.group, place.secured),
    'sluice.data.dir': join(place.folder, `sluice-${port}`),
    ...place.properties,
  })
  let part = await startPart(['worker', file])
  const worker = {
    url: `http://${address}`,
    id: place.secured ?? address,
    get part() {
      return part
    },
    async start() {
      part = await startPart(['worker', file])
      await healthy(worker.url, part)
    },
    [Symbol.asyncDispose]: () => part[Symbol.asyncDispose](),
  }
  if (!place.eager) await healthy(worker.url, part)
  return worker
}
