import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectApi } from '#e2e/start/connect-api.ts'
import { eventually } from '#e2e/start/eventually.ts'
import { childrenOf, newPlace, type SluicePlace, type SluiceProcess, startSluice } from '#e2e/start/sluice-process.ts'

let place: SluicePlace
let sluice: SluiceProcess
let api: ReturnType<typeof connectApi>
const folder = mkdtempSync(join(tmpdir(), 'sluice-faults-'))

beforeAll(async () => {
  place = await newPlace()
  sluice = startSluice(place.env)
  await sluice.line(/^Worker 2/)
  api = connectApi(place.rest)
})
afterAll(() => sluice[Symbol.asyncDispose]())

const string = 'org.apache.kafka.connect.storage.StringConverter'
const source = (file: string, topic: string) => ({
  'connector.class': 'FileStreamSource',
  'value.converter': string,
  'tasks.max': '1',
  file,
  topic,
})
const sink = (file: string, topics: string) => ({
  'connector.class': 'FileStreamSink',
  'value.converter': string,
  'tasks.max': '1',
  file,
  topics,
})

/** A pair that copies one file into another through a topic. */
async function copy(name: string) {
  const from = join(folder, `${name}.in`)
  const to = join(folder, `${name}.out`)
  expect((await api.put(`${name}-source`, source(from, name))).status).toBe(201)
  expect((await api.put(`${name}-sink`, sink(to, name))).status).toBe(201)
  const written = () => (existsSync(to) ? readFileSync(to, 'utf8') : '')
  const arrives = (text: string, withinMs = 20_000) =>
    eventually(async () => (written().includes(text) ? true : undefined), { withinMs, what: `${text} in ${to}` })
  return { from, to, written, arrives }
}

test('a file that appears late, in any language, with both line ends, arrives whole', async () => {
  const { from, written, arrives } = await copy('late')
  await eventually(() => api.running('late-source'), { withinMs: 20_000, what: 'late-source runs' })
  writeFileSync(from, 'größe\r\n日本語 🎉\nzuletzt ohne Ende')
  await arrives('日本語 🎉\n')
  expect(written()).toBe('größe\n日本語 🎉\n')
  appendFileSync(from, ' – jetzt\n')
  await arrives('zuletzt ohne Ende – jetzt\n')
})

test('a truncated file is read again from its start', async () => {
  const { from, written, arrives } = await copy('cut')
  writeFileSync(from, 'one\ntwo\nthree\n')
  await arrives('three\n')
  truncateSync(from, 0)
  appendFileSync(from, 'new\n')
  await arrives('new\n')
  expect(written()).toBe('one\ntwo\nthree\nnew\n')
})

test('a task that failed starts again by itself when what was wrong is mended', async () => {
  const missing = join(folder, 'missing')
  const { from, to } = { from: join(folder, 'healed.in'), to: join(missing, 'healed.out') }
  writeFileSync(from, 'healed\n')
  expect((await api.put('healed-source', source(from, 'healed'))).status).toBe(201)
  expect((await api.put('healed-sink', sink(to, 'healed'))).status).toBe(201)
  const state = async () => (await api.call('GET', '/connectors/healed-sink/status')).body.tasks[0]?.state
  await eventually(async () => (await state()) === 'FAILED' || undefined, { withinMs: 20_000, what: 'the sink fails' })
  mkdirSync(missing)
  await eventually(async () => (existsSync(to) && readFileSync(to, 'utf8') === 'healed\n') || undefined, {
    withinMs: 60_000,
    what: 'the sink writes',
  })
  expect(await state()).toBe('RUNNING')
})

test('the tasks of a killed worker run on the other one, and it comes back', async () => {
  const { from, arrives } = await copy('moved')
  writeFileSync(from, 'before\n')
  await arrives('before\n')
  const workers = childrenOf(sluice.pid).filter(({ part }) => part === 'worker')
  expect(workers).toHaveLength(2)
  const [victim] = workers
  process.kill(victim?.pid ?? 0, 'SIGKILL')
  const other = connectApi(`http://127.0.0.1:${Number(new URL(place.rest).port) + 1}`)
  await eventually(
    async () => ((await other.running('moved-source')) && (await other.running('moved-sink')) ? true : undefined),
    {
      withinMs: 45_000,
      what: 'all tasks run again',
    },
  )
  appendFileSync(from, 'after\n')
  await arrives('after\n', 45_000)
  await eventually(
    async () => (childrenOf(sluice.pid).filter(({ part }) => part === 'worker').length === 2 ? true : undefined),
    {
      withinMs: 15_000,
      what: 'the killed worker is back',
    },
  )
})

test('after kill -9 of everything the same connectors run on from their committed offsets, and no line is lost', async () => {
  const { from, to, arrives } = await copy('survivor')
  const lines = (begin: number, end: number) =>
    Array.from({ length: end - begin }, (_, index) => `line ${begin + index} ä\n`).join('')
  writeFileSync(from, lines(0, 500))
  await arrives('line 499 ä\n')
  const parts = childrenOf(sluice.pid).filter(({ part }) => part === 'broker' || part === 'worker')
  process.kill(sluice.pid, 'SIGKILL')
  for (const { pid } of parts) process.kill(pid, 'SIGKILL')
  await sluice.exited

  appendFileSync(from, lines(500, 600))
  sluice = startSluice(place.env)
  await sluice.line(/^Worker 2/)
  await eventually(() => api.running('survivor-source'), { withinMs: 45_000, what: 'the connector runs again' })
  await arrives('line 599 ä\n', 45_000)
  const seen = new Set(readFileSync(to, 'utf8').split('\n'))
  const missing = Array.from({ length: 600 }, (_, n) => `line ${n} ä`).filter((line) => !seen.has(line))
  expect(missing).toEqual([])
})
