import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import { ask, inState } from '#e2e/harness/rest.ts'
import { startPart } from '#e2e/harness/sluice-part.ts'
import { startStandalone } from '#e2e/harness/standalone.ts'
import { writeProperties } from '#e2e/harness/worker-properties.ts'
import { eventually } from '#e2e/start/eventually.ts'
import { readJavaMap } from '#server/core/java-map.ts'

let kafka: Cluster
beforeAll(async () => {
  kafka = await startCluster({ workers: 0 })
})
afterAll(() => kafka?.[Symbol.asyncDispose]())

const linesOf = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [])
const arrives = (file: string, lines: readonly string[]) =>
  eventually(async () => (linesOf(file).length >= lines.length ? linesOf(file) : undefined), {
    withinMs: 30_000,
    what: `${lines.length} lines in ${file}`,
  })

test('runs the connectors of its files, answers as Kafka Connect standalone does, and goes on where it stopped or was killed', async () => {
  const [from, to, sourceFile, sinkFile, offsetFile] = [
    'in.txt',
    'out.txt',
    'source.properties',
    'sink.json',
    'offsets.dat',
  ].map((name) => kafka.file(name)) as [string, string, string, string, string]
  const topic = `${kafka.group}-alone`
  writeFileSync(from, 'one\ntwo\n')
  writeProperties(sourceFile, { name: 'lines', 'connector.class': 'FileStreamSource', file: from, topic })
  const sink = { 'connector.class': 'FileStreamSink', file: to, topics: topic }
  writeFileSync(sinkFile, JSON.stringify({ name: 'copy', config: sink, initial_state: 'PAUSED' }))
  const place = { bootstrapServers: kafka.bootstrapServers, folder: kafka.folder, connectors: [sourceFile, sinkFile] }
  {
    await using worker = await startStandalone('sluice', place)
    const call = (method: string, path: string, body?: unknown) => ask(worker.url, method, path, body)
    await inState(worker.url, 'lines', 'RUNNING')
    await inState(worker.url, 'copy', 'PAUSED', 0)
    expect((await call('GET', '/connectors/copy/status')).body).toMatchObject({
      connector: { state: 'PAUSED' },
      tasks: [],
    })
    expect((await call('PUT', '/connectors/copy/resume')).status).toBe(202)
    expect(await arrives(to, ['one', 'two'])).toEqual(['one', 'two'])

    // A created connector is answered with its tasks; what only workers of a group may ask is refused.
    const created = await call('POST', '/connectors', { name: 'second', config: { ...sink, file: `${to}.2` } })
    expect(created).toMatchObject({ status: 201, body: { tasks: [{ connector: 'second', task: 0 }], type: 'sink' } })
    expect((await call('POST', '/connectors/second/tasks', [])).status).toBe(500)
    expect((await call('PUT', '/connectors/second/fence')).status).toBe(500)
    expect((await call('DELETE', '/connectors/second')).status).toBe(204)
    expect((await call('GET', '/connectors')).body.sort()).toEqual(['copy', 'lines'])

    // What its tasks did is measured, and goes with them.
    const page = async () => (await fetch(`${worker.url}/metrics`)).text()
    const tells = (line: string) =>
      eventually(async () => (await page()).includes(`\nkafka_connect_${line}\n`) || undefined, {
        withinMs: 10_000,
        what: `/metrics says ${line}`,
      })
    await tells('source_task_source_record_write_total{connector="lines",task="0"} 2')
    await tells('sink_task_sink_record_send_total{connector="copy",task="0"} 2')
    await tells('connector_task_status{connector="copy",task="0",status="running"} 1')
    await tells('worker_task_count 2')
    expect(await page()).not.toContain('connector="second"')

    // Offsets of a stopped connector are changed in the file.
    expect((await call('PUT', '/connectors/lines/stop')).status).toBe(204)
    expect((await call('GET', '/connectors/lines/tasks')).body).toEqual([])
    const offsets = [{ partition: { filename: from }, offset: { position: 4 } }]
    expect((await call('PATCH', '/connectors/lines/offsets', { offsets })).status).toBe(200)
    expect((await call('GET', '/connectors/lines/offsets')).body).toEqual({ offsets })
    expect((await call('PUT', '/connectors/lines/resume')).status).toBe(202)
    expect(await arrives(to, ['one', 'two', 'two'])).toEqual(['one', 'two', 'two'])
  }
  // A clean stop has committed everything.
  const kept = readJavaMap(readFileSync(offsetFile)).map((entry) =>
    entry.map((bytes) => Buffer.from(bytes ?? '').toString()),
  )
  expect(kept).toEqual([[`["lines",{"filename":${JSON.stringify(from)}}]`, '{"position":8}']])

  appendFileSync(from, 'three\n')
  {
    await using worker = await startStandalone('sluice', { ...place, connectors: [sourceFile] })
    const committed = async () => {
      const { body } = await ask(worker.url, 'GET', '/connectors/lines/offsets')
      return body.offsets[0]?.offset.position === 14 || undefined
    }
    await eventually(committed, { withinMs: 30_000, what: 'the third line is committed' })
    await worker.part.kill()
  }
  {
    await using worker = await startStandalone('sluice', place)
    const resumed = async () => (await ask(worker.url, 'PUT', '/connectors/copy/resume')).status === 202 || undefined
    await eventually(resumed, { withinMs: 30_000, what: 'the second file is a connector' })
    appendFileSync(from, 'four\n')
    expect(await arrives(to, ['one', 'two', 'two', 'three', 'four'])).toEqual(['one', 'two', 'two', 'three', 'four'])
  }
})

test('ends with exit code 3 when a connector of its files cannot be created', async () => {
  const file = kafka.file('broken.properties')
  writeProperties(file, { name: 'broken', 'connector.class': 'NoSuchConnector' })
  const worker = kafka.file('broken-worker.properties')
  writeProperties(worker, {
    listeners: 'http://127.0.0.1:0',
    'bootstrap.servers': kafka.bootstrapServers,
    'key.converter': 'JsonConverter',
    'value.converter': 'JsonConverter',
    'offset.storage.file.filename': kafka.file('broken.dat'),
    'sluice.data.dir': kafka.file('broken-state'),
  })
  const part = await startPart(['standalone', worker, file])
  await part.gone
  expect(part.exitCode).toBe(3)
  expect(part.lines.join('\n')).toContain(
    'Stopping after connector error: Failed to find any class that implements Connector',
  )
})
