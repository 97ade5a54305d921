import { join } from 'node:path'
import { healthy } from '#e2e/harness/connect-worker.ts'
import { freePort } from '#e2e/harness/free-port.ts'
import { kafkaHome, startJava } from '#e2e/harness/jvm.ts'
import { startPart } from '#e2e/harness/sluice-part.ts'
import type { WatchedProcess } from '#e2e/harness/watched-process.ts'
import { type Properties, writeProperties } from '#e2e/harness/worker-properties.ts'

export interface Standalone extends AsyncDisposable {
  readonly url: string
  readonly part: WatchedProcess
}

export interface StandalonePlace {
  bootstrapServers: string
  /** For its properties, its offsets (`offsets.dat`) and its state. */
  folder: string
  /** Files of connectors that it begins with. */
  connectors?: readonly string[]
  properties?: Properties
}

/** A standalone worker of either kind, on the same files; resolves when it is healthy. */
export async function startStandalone(kind: 'sluice' | 'jvm', place: StandalonePlace): Promise<Standalone> {
  const id = `127.0.0.1:${await freePort()}`
  const file = join(place.folder, 'standalone.properties')
  writeProperties(file, {
    listeners: `http://${id}`,
    'bootstrap.servers': place.bootstrapServers,
    'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'offset.flush.interval.ms': '500',
    'offset.storage.file.filename': join(place.folder, 'offsets.dat'),
    ...(kind === 'jvm'
      ? { 'plugin.path': join(kafkaHome(), 'plugins'), 'plugin.discovery': 'service_load' }
      : { 'sluice.data.dir': join(place.folder, 'state') }),
    ...place.properties,
  })
  const files = [file, ...(place.connectors ?? [])]
  const part =
    kind === 'jvm'
      ? startJava('-Xms128m -Xmx512m', 'org.apache.kafka.connect.cli.ConnectStandalone', ...files)
      : await startPart(['standalone', ...files])
  await healthy(`http://${id}`, part)
  return { url: `http://${id}`, part, [Symbol.asyncDispose]: () => part[Symbol.asyncDispose]() }
}
