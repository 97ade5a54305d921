import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { inState } from '#e2e/harness/rest.ts'
import { readTopic } from '#e2e/harness/topic.ts'
import { arrives, create, linesOf, sinkOf, sourceOf } from '#e2e/reliability/file-pair.ts'

let cluster: Cluster
let worker: ConnectWorker

beforeAll(async () => {
  cluster = await startCluster()
  worker = cluster.workers[0] as ConnectWorker
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

const transforms = 'org.apache.kafka.connect.transforms'
const lines = ['first', 'zweite: größer', '']
const optional = (type: string, field: string) => ({ type, optional: true, field })

test.each([true, false])(
  'R-D11: hoisted and with inserted fields, values, schema and timestamp are exact on both sides (schemas: %s)',
  async (schemas) => {
    const topic = `${cluster.group}-chain-${schemas}`
    const [from, to] = [cluster.file(`${topic}.in`), cluster.file(`${topic}.out`)]
    const json = {
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'value.converter.schemas.enable': String(schemas),
    }
    writeFileSync(from, lines.map((line) => `${line}\n`).join(''))
    const begin = Date.now()
    await create(worker, `from-${schemas}`, {
      ...sourceOf(from, topic),
      ...json,
      transforms: 'hoist,insert',
      'transforms.hoist.type': `${transforms}.HoistField$Value`,
      'transforms.hoist.field': 'content',
      'transforms.insert.type': `${transforms}.InsertField$Value`,
      'transforms.insert.timestamp.field': 'ts',
      'transforms.insert.topic.field': 'topic',
      'transforms.insert.static.field': 'region',
      'transforms.insert.static.value': 'eu',
    })
    const records = await readTopic(cluster.bootstrapServers, topic, lines.length)
    const read = records.map(({ value, timestamp }) => ({ json: JSON.parse(String(value)), timestamp }))
    const end = Date.now()
    for (const [n, { json: whole, timestamp }] of read.entries()) {
      const payload = schemas ? whole.payload : whole
      expect(payload).toEqual({ content: lines[n], ts: timestamp, topic, region: 'eu' })
      expect(timestamp).toBeGreaterThanOrEqual(begin)
      expect(timestamp).toBeLessThanOrEqual(end)
      if (!schemas) continue
      expect(whole.schema).toEqual({
        type: 'struct',
        optional: false,
        fields: [
          { type: 'string', optional: false, field: 'content' },
          optional('string', 'topic'),
          { ...optional('int64', 'ts'), name: 'org.apache.kafka.connect.data.Timestamp', version: 1 },
          optional('string', 'region'),
        ],
      })
    }

    // Where a record stands is known behind Kafka alone.
    await create(worker, `to-${schemas}`, {
      ...sinkOf(to, topic),
      ...json,
      transforms: 'insert,take',
      'transforms.insert.type': `${transforms}.InsertField$Value`,
      'transforms.insert.offset.field': 'offset!',
      'transforms.insert.partition.field': 'partition?',
      'transforms.take.type': `${transforms}.ReplaceField$Value`,
      'transforms.take.include': 'content,offset,partition',
    })
    await inState(worker.url, `to-${schemas}`, 'RUNNING')
    const shown = (line: string, n: number) =>
      schemas ? `Struct{content=${line},partition=0,offset=${n}}` : `{content=${line}, partition=0, offset=${n}}`
    await arrives(to, shown('', 2))
    expect(linesOf(to)).toEqual(lines.map(shown))
  },
)
