import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCluster } from '#e2e/harness/cluster.ts'
import { startSecuredKafka } from '#e2e/harness/secured-kafka.ts'
import { type Standalone, startStandalone } from '#e2e/harness/standalone.ts'
import { type Properties, writeProperties } from '#e2e/harness/worker-properties.ts'
import { arrives, linesOf } from '#e2e/reliability/file-pair.ts'
import { full } from '#e2e/reliability/full.ts'
import { eventually } from '#e2e/start/eventually.ts'
import { createLifecycle, type Lifecycle } from '#server/contract/lifecycle.ts'

interface Place {
  bootstrapServers: string
  folder: string
  properties: Properties
}

async function openPlace(security: string, lifecycle: Lifecycle): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-alone-'))
  lifecycle.defer(() => rmSync(folder, { recursive: true, force: true }))
  if (security === 'SASL_SSL') {
    const { client } = lifecycle.own(await startSecuredKafka(folder))
    const forConnectors = Object.entries(client).flatMap(([key, value]) =>
      ['producer', 'consumer', 'admin'].map((prefix) => [`${prefix}.${key}`, value]),
    )
    const properties = { ...client, ...Object.fromEntries(forConnectors) }
    return { bootstrapServers: client['bootstrap.servers'] ?? '', folder, properties }
  }
  const { bootstrapServers } = lifecycle.own(await startCluster({ workers: 0 }))
  return { bootstrapServers, folder, properties: {} }
}

const json = 'org.apache.kafka.connect.json.JsonConverter'
const converters: readonly (readonly [name: string, settings: Properties])[] = [
  ['JsonConverter with schemas', { 'value.converter': json }],
  ['JsonConverter without schemas', { 'value.converter': json, 'value.converter.schemas.enable': 'false' }],
  ['StringConverter', { 'value.converter': 'org.apache.kafka.connect.storage.StringConverter' }],
]
const checksum = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')

/** A worker of its own for each end, as two machines would have; started again they go on with what they have. */
function createEnds({ bootstrapServers, folder, properties }: Place, settings: Properties) {
  const topic = `alone-${crypto.randomUUID()}`
  const own = join(folder, topic)
  mkdirSync(own)
  const [from, to] = [join(own, 'in.txt'), join(own, 'out.txt')]
  writeFileSync(from, '')
  const connectors = {
    source: { name: 'source', 'connector.class': 'FileStreamSource', file: from, topic },
    sink: { name: 'sink', 'connector.class': 'FileStreamSink', file: to, topics: topic },
  }
  const start = async (end: keyof typeof connectors): Promise<Standalone> => {
    const worker = join(own, end)
    mkdirSync(worker, { recursive: true })
    const file = join(worker, 'connector.properties')
    writeProperties(file, connectors[end])
    const all = { ...properties, ...settings }
    return startStandalone('sluice', { bootstrapServers, folder: worker, connectors: [file], properties: all })
  }
  return { from, to, start, offsets: join(own, 'source', 'offsets.dat') }
}

// Our own broker has no door of the second kind, so it is proven where Apache Kafka is (`npm run test:kafka`).
const doors = process.env.SLUICE_KAFKA_HOME ? ['PLAINTEXT', 'SASL_SSL'] : ['PLAINTEXT']

describe.each(doors)('over %s', (security) => {
  let lifecycle: Lifecycle
  let place: Place
  beforeAll(async () => {
    lifecycle = createLifecycle()
    place = await openPlace(security, lifecycle)
  })
  afterAll(() => lifecycle[Symbol.asyncDispose]())

  test.each(full ? converters : converters.slice(2))(
    'R-D14: with the %s the copy has the checksum of its file, after a restart too',
    async (_, settings) => {
      const { from, to, start } = createEnds(place, settings)
      for (const round of ['first', 'zweite']) {
        await using source = await start('source')
        await using sink = await start('sink')
        appendFileSync(from, `${round}\n\n{"größer":"🚰"}\nend of ${round}\n`)
        await arrives(to, `end of ${round}`)
        expect(checksum(to)).toBe(checksum(from))
        await sink.part.stop()
        await source.part.stop()
      }
    },
  )

  test('R-D14: killed while it writes its offset file, it finds a whole one, and loses nothing', async () => {
    const settings = { ...converters[2]?.[1], 'offset.flush.interval.ms': '1' }
    const { from, to, start, offsets } = createEnds(place, settings)
    let written = 0
    const write = () => appendFileSync(from, `line ${written++}\n`)
    const stored = () => (existsSync(offsets) ? readFileSync(offsets) : Buffer.alloc(0))
    for (let kill = 0; kill < (full ? 8 : 3); kill++) {
      await using source = await start('source')
      // A flush every millisecond while lines come: whenever the kill comes, one is under way.
      const feed = setInterval(write, 1)
      const before = stored()
      const flushed = async () => !stored().equals(before) || undefined
      await eventually(flushed, { withinMs: 30_000, what: 'offsets are written' })
      await source.part.kill()
      clearInterval(feed)
    }
    await using _source = await start('source')
    await using _sink = await start('sink')
    write()
    await arrives(to, `line ${written - 1}`)
    expect([...new Set(linesOf(to))]).toEqual(Array.from({ length: written }, (_, n) => `line ${n}`))
  })
})
