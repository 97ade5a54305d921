import { appendFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { ask, askSettled, inState } from '#e2e/harness/rest.ts'
import { readWhole } from '#e2e/harness/topic.ts'
import { arrives, create, linesOf, sinkOf, sourceOf } from '#e2e/reliability/file-pair.ts'
import { full } from '#e2e/reliability/full.ts'
import { eventually } from '#e2e/start/eventually.ts'

/** Ducktape watches for ten seconds; what would write in spite of a pause here writes within milliseconds. */
const quietMs = full ? 10_000 : 1_000

let cluster: Cluster
let worker: ConnectWorker

beforeAll(async () => {
  cluster = await startCluster({ workers: 2 })
  worker = cluster.workers[0] as ConnectWorker
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

const topicOf = (name: string) => `${cluster.group}-${name}`
const everywhere = (name: string, state: string, tasks = 1) =>
  Promise.all(cluster.workers.map(({ url }) => inState(url, name, state, tasks)))
const quiet = () => new Promise((resolve) => setTimeout(resolve, quietMs))

async function pair(name: string) {
  const [from, to] = [cluster.file(`${name}.in`), cluster.file(`${name}.out`)]
  writeFileSync(from, 'first\n')
  await create(worker, `${name}-in`, sourceOf(from, topicOf(name)))
  await create(worker, `${name}-out`, sinkOf(to, topicOf(name)))
  await arrives(to, 'first')
  return { from, to, say: (line: string) => appendFileSync(from, `${line}\n`) }
}

test('R-D04: a source that every worker reports as PAUSED writes nothing, and goes on when it is resumed', async () => {
  const { to, say } = await pair('paused-source')
  await askSettled(worker.url, 'PUT', '/connectors/paused-source-in/pause')
  await everywhere('paused-source-in', 'PAUSED')
  say('while paused')
  await quiet()
  expect(await readWhole(cluster.bootstrapServers, topicOf('paused-source'))).toHaveLength(1)
  await askSettled(worker.url, 'PUT', '/connectors/paused-source-in/resume')
  await everywhere('paused-source-in', 'RUNNING')
  await arrives(to, 'while paused')
  expect(linesOf(to)).toEqual(['first', 'while paused'])
})

test('R-D05: a sink that every worker reports as PAUSED takes nothing, and catches up when it is resumed', async () => {
  const { to, say } = await pair('paused-sink')
  await askSettled(worker.url, 'PUT', '/connectors/paused-sink-out/pause')
  await everywhere('paused-sink-out', 'PAUSED')
  say('while paused')
  await eventually(
    async () => ((await readWhole(cluster.bootstrapServers, topicOf('paused-sink'))).length === 2 ? true : undefined),
    { withinMs: 20_000, what: 'the source goes on' },
  )
  await quiet()
  expect(linesOf(to)).toEqual(['first'])
  await askSettled(worker.url, 'PUT', '/connectors/paused-sink-out/resume')
  await everywhere('paused-sink-out', 'RUNNING')
  await arrives(to, 'while paused')
  expect(linesOf(to)).toEqual(['first', 'while paused'])
})

test('R-D07: a level is set on one worker or on all, is younger only when it changes, and ends with the process', async () => {
  const [one, two] = cluster.workers.map(({ url }) => url) as [string, string]
  const logger = 'sluice.worker.herder'
  const level = async (url: string) => (await ask(url, 'GET', `/admin/loggers/${logger}`)).body
  expect(await ask(one, 'PUT', `/admin/loggers/${logger}`, { level: 'DEBUG' })).toMatchObject({
    status: 200,
    body: [logger],
  })
  const set = await level(one)
  expect(set).toMatchObject({ level: 'DEBUG', last_modified: expect.any(Number) })
  expect((await level(two))?.level).not.toBe('DEBUG')
  await ask(one, 'PUT', `/admin/loggers/${logger}`, { level: 'DEBUG' })
  expect(await level(one)).toEqual(set)

  expect(await ask(one, 'PUT', `/admin/loggers/${logger}?scope=cluster`, { level: 'TRACE' })).toMatchObject({
    status: 204,
  })
  for (const url of [one, two]) {
    await eventually(async () => ((await level(url))?.level === 'TRACE' ? true : undefined), {
      withinMs: 10_000,
      what: `${url} has the level`,
    })
  }
  await cluster.workers[1]?.part.stop()
  await cluster.workers[1]?.start()
  expect((await level(two))?.level).not.toBe('TRACE')
})

test('R-D06: what was paused or stopped is so after a restart of the whole cluster, and what ran runs', async () => {
  const names = ['kept-running', 'kept-paused', 'kept-stopped'] as const
  for (const name of names) {
    writeFileSync(cluster.file(`${name}.in`), '')
    await create(worker, name, sourceOf(cluster.file(`${name}.in`), topicOf(name)))
    await inState(worker.url, name, 'RUNNING')
  }
  expect(await askSettled(worker.url, 'PUT', '/connectors/kept-paused/pause')).toMatchObject({ status: 202 })
  expect(await askSettled(worker.url, 'PUT', '/connectors/kept-stopped/stop')).toMatchObject({ status: 204 })
  await everywhere('kept-paused', 'PAUSED')
  await everywhere('kept-stopped', 'STOPPED', 0)
  await Promise.all(cluster.workers.map(({ part }) => part.stop()))
  await Promise.all(cluster.workers.map((one) => one.start()))
  await everywhere('kept-running', 'RUNNING')
  await everywhere('kept-paused', 'PAUSED')
  await everywhere('kept-stopped', 'STOPPED', 0)
})
