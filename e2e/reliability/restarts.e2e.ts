import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import { readCommitted } from '#e2e/harness/committed.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { askSettled, inState, taskInState } from '#e2e/harness/rest.ts'
import { alterTopic, createTopic } from '#e2e/harness/topic-settings.ts'
import { arrives, create, linesOf, sinkOf, sourceOf } from '#e2e/reliability/file-pair.ts'
import { eventually } from '#e2e/start/eventually.ts'

let cluster: Cluster
let worker: ConnectWorker

beforeAll(async () => {
  const properties = { 'sluice.restart.backoff.ms': '200', 'sluice.restart.backoff.max.ms': '1000' }
  cluster = await startCluster({ workers: 2, properties })
  worker = cluster.workers[0] as ConnectWorker
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

const topicOf = (name: string) => `${cluster.group}-${name}`

const taskIs = (name: string, state: string) => taskInState(worker.url, name, state)

test('R-D02: a failed source task runs again when its cause is gone and it is restarted, and loses nothing', async () => {
  const file = cluster.file('large.in')
  writeFileSync(file, `${'x'.repeat(5_000)}\nafter it\n`)
  await createTopic(cluster.bootstrapServers, topicOf('large'), {
    partitions: 1,
    config: { 'max.message.bytes': '1000' },
  })
  await create(worker, 'large', sourceOf(file, topicOf('large')))
  const failed = await taskIs('large', 'FAILED')
  expect(failed.connector.state).toBe('RUNNING')
  expect(failed.tasks[0].trace).toMatch(/larger|large|MESSAGE_TOO_LARGE/i)

  await alterTopic(cluster.bootstrapServers, topicOf('large'), { 'max.message.bytes': '100000' })
  expect(await askSettled(worker.url, 'POST', '/connectors/large/tasks/0/restart')).toMatchObject({ status: 204 })
  await inState(worker.url, 'large', 'RUNNING')
  await create(worker, 'large-copy', sinkOf(cluster.file('large.out'), topicOf('large')))
  await arrives(cluster.file('large.out'), 'after it')
  // I4: what was behind it when it was refused had not been sent.
  expect(linesOf(cluster.file('large.out'))[0]).toHaveLength(5_000)
})

test('R-D02: so does one that writes exactly once, and what it had begun before is nowhere', async () => {
  const properties = { 'exactly.once.source.support': 'enabled' }
  await using exact = await startCluster({ properties })
  const [{ url }] = exact.workers as [ConnectWorker]
  const [file, topic] = [exact.file('exact.in'), `${exact.group}-exact`]
  writeFileSync(file, `small\n${'x'.repeat(5_000)}\nafter it\n`)
  await createTopic(exact.bootstrapServers, topic, { partitions: 1, config: { 'max.message.bytes': '1000' } })
  await create(exact.workers[0] as ConnectWorker, 'exact', sourceOf(file, topic))
  const failed = await taskInState(url, 'exact', 'FAILED')
  expect(failed.tasks[0].trace).toMatch(/larger|large|MESSAGE_TOO_LARGE/i)
  expect(await readCommitted(exact.bootstrapServers, topic)).toEqual([])

  await alterTopic(exact.bootstrapServers, topic, { 'max.message.bytes': '100000' })
  expect(await askSettled(url, 'POST', '/connectors/exact/tasks/0/restart')).toMatchObject({ status: 204 })
  await inState(url, 'exact', 'RUNNING')
  const lines = await eventually(
    async () => {
      const read = (await readCommitted(exact.bootstrapServers, topic)).map(({ value }) => value)
      return read.includes('after it') ? read : undefined
    },
    { withinMs: 30_000, what: 'the last line is committed' },
  )
  expect(lines).toEqual(['small', 'x'.repeat(5_000), 'after it'])
})

test('R-D02: where failures are to be restarted, a task runs again by itself once its cause is gone', async () => {
  const [from, to] = [cluster.file('self.in'), cluster.file('not-yet/self.out')]
  writeFileSync(from, 'one\n')
  await create(worker, 'self-in', sourceOf(from, topicOf('self')))
  await create(worker, 'self-out', { ...sinkOf(to, topicOf('self')), 'sluice.restart.policy': 'on-failure' })
  await taskIs('self-out', 'FAILED')
  mkdirSync(dirname(to))
  await arrives(to, 'one')
  await inState(worker.url, 'self-out', 'RUNNING')
})

test('R-D02: a failed sink task runs again when its cause is gone and it is restarted, and loses nothing', async () => {
  const [from, to] = [cluster.file('late.in'), cluster.file('not-there-yet/late.out')]
  writeFileSync(from, 'one\n')
  await create(worker, 'late-in', sourceOf(from, topicOf('late')))
  await create(worker, 'late-out', sinkOf(to, topicOf('late')))
  const failed = await taskIs('late-out', 'FAILED')
  expect(failed.connector.state).toBe('RUNNING')
  expect(failed.tasks[0].trace).toContain('not-there-yet')

  mkdirSync(dirname(to))
  expect(await askSettled(worker.url, 'POST', '/connectors/late-out/tasks/0/restart')).toMatchObject({ status: 204 })
  await inState(worker.url, 'late-out', 'RUNNING')
  await arrives(to, 'one')
})

test.each([
  ['', 204, false],
  ['?includeTasks=true', 202, true],
  ['?onlyFailed=true', 202, false],
  ['?includeTasks=true&onlyFailed=true', 202, false],
])('R-D03: of a running connector, restart%s begins exactly what it selects anew', async (query, status, task) => {
  const name = `r${query.replaceAll(/\W/g, '')}`
  const [from, to, moved] = ['in', 'out', 'moved'].map((end) => cluster.file(`${name}.${end}`)) as [
    string,
    string,
    string,
  ]
  writeFileSync(from, 'first\n')
  await create(worker, `${name}-in`, sourceOf(from, topicOf(name)))
  await create(worker, `${name}-out`, sinkOf(to, topicOf(name)))
  await arrives(to, 'first')
  // A sink holds its file open: one that goes on writes into what was moved away, one that began anew into a new file.
  renameSync(to, moved)
  const answer = await askSettled(worker.url, 'POST', `/connectors/${name}-out/restart${query}`)
  expect(answer.status).toBe(status)
  if (status === 202) {
    const plan = { connector: { state: 'RUNNING' }, tasks: [{ id: 0, state: task ? 'RESTARTING' : 'RUNNING' }] }
    expect(answer.body).toMatchObject(
      query.includes('onlyFailed') ? plan : { ...plan, connector: { state: 'RESTARTING' } },
    )
  }
  await inState(worker.url, `${name}-out`, 'RUNNING')
  appendFileSync(from, 'second\n')
  await arrives(task ? to : moved, 'second')
  expect(linesOf(task ? moved : to)).toEqual(task ? ['first'] : [])
})

test('R-D03: restart?includeTasks=true&onlyFailed=true begins the failed one anew and leaves the others alone', async () => {
  const [from, to] = [cluster.file('half.in'), cluster.file('half.out')]
  writeFileSync(from, 'first\n')
  await create(worker, 'half-in', sourceOf(from, topicOf('half')))
  await create(worker, 'half-out', sinkOf(cluster.file('missing/half.out'), topicOf('half')))
  await taskIs('half-out', 'FAILED')
  mkdirSync(cluster.file('missing'))
  const answer = await askSettled(worker.url, 'POST', '/connectors/half-out/restart?includeTasks=true&onlyFailed=true')
  expect(answer).toMatchObject({
    status: 202,
    body: { connector: { state: 'RUNNING' }, tasks: [{ id: 0, state: 'RESTARTING' }] },
  })
  await inState(worker.url, 'half-out', 'RUNNING')
  await arrives(cluster.file('missing/half.out'), 'first')
  expect(linesOf(to)).toEqual([])
})
