import { execFileSync } from 'node:child_process'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { ask, askSettled, inState } from '#e2e/harness/rest.ts'
import { asText, sinkOf, sourceOf } from '#e2e/reliability/file-pair.ts'
import { full } from '#e2e/reliability/full.ts'
import { eventually } from '#e2e/start/eventually.ts'

const requestTimeoutMs = 2_000

/** Hooks of which each is blocked; where time is short, one of each kind. */
const hooks = full
  ? {
      source: [
        ...['validate', 'connector start', 'task configs', 'connector stop'],
        ...['start', 'poll', 'commit', 'commit record', 'stop'],
      ],
      sink: ['start', 'open', 'put', 'flush', 'close', 'stop'],
    }
  : { source: ['validate', 'connector start', 'task configs', 'poll'], sink: ['put', 'stop'] }
const cases = Object.entries(hooks).flatMap(([kind, all]) => all.map((hook) => ({ kind, hook })))
const atItsEnd = /stop|close/

describe('a hook that never ends', () => {
  let cluster: Cluster
  let worker: ConnectWorker
  const normal: string[] = []

  beforeAll(async () => {
    cluster = await startCluster({
      properties: {
        'plugin.path': fileURLToPath(new URL('./testdata', import.meta.url)),
        'sluice.rest.request.timeout.ms': `${requestTimeoutMs}`,
        'task.shutdown.graceful.timeout.ms': '500',
      },
    })
    worker = cluster.workers[0] as ConnectWorker
    await movesRecords('input')
  })
  afterAll(() => cluster?.[Symbol.asyncDispose]())

  const nameOf = (words: string) => words.replaceAll(' ', '-')
  const topicOf = (name: string) => `${cluster.group}-${name}`
  /** A sink reads what somebody else's source wrote. */
  const endOf = (kind: string, name: string) =>
    kind === 'source' ? { topic: topicOf(name) } : { topics: topicOf('input'), ...asText }
  const put = (name: string, config: Record<string, string>) =>
    ask(worker.url, 'PUT', `/connectors/${name}/config`, config)

  /** A connector of somebody else's is created, moves 100 records and commits them. */
  async function movesRecords(name: string) {
    const file = cluster.file(name)
    writeFileSync(file, Array.from({ length: 100 }, (_, n) => `${n}\n`).join(''))
    await eventually(
      async () => {
        const answer = await timed(() => put(name, sourceOf(file, topicOf(name))))
        return answer.status < 300 || undefined
      },
      { withinMs: 30_000, what: `${name} is created` },
    )
    normal.push(name)
    await committed(name)
  }

  async function committed(name: string) {
    const end = statSync(cluster.file(name)).size
    await eventually(
      async () => {
        const { body } = await ask(worker.url, 'GET', `/connectors/${name}/offsets`)
        return body?.offsets?.[0]?.offset?.position === end || undefined
      },
      { withinMs: 30_000, what: `all of ${name} is committed` },
    )
  }

  /** What was asked is done, or the answer says in time at which stage the worker is. */
  function saysTheStage({ status, body }: Awaited<ReturnType<typeof ask>>, tookMs: number) {
    if (status < 300) return
    expect(status).toBe(500)
    expect(body.message).toMatch(/^Request timed out\. The (worker|last operation|request)/)
    expect(tookMs).toBeLessThan(3 * requestTimeoutMs)
  }

  async function timed(request: () => ReturnType<typeof ask>) {
    const begin = performance.now()
    const answer = await request()
    saysTheStage(answer, performance.now() - begin)
    return answer
  }

  test.each(cases)('R-J01, I9: $hook of a $kind keeps nobody else from working', async ({ kind, hook }) => {
    const name = nameOf(`blocked ${kind} ${hook}`)
    const type = kind === 'source' ? 'BlockingSource' : 'BlockingSink'
    await timed(() => put(name, { 'connector.class': type, block: hook, ...endOf(kind, name) }))
    if (atItsEnd.test(hook)) {
      await inState(worker.url, name, 'RUNNING')
      await timed(() => ask(worker.url, 'DELETE', `/connectors/${name}`))
    }
    await movesRecords(nameOf(`beside ${kind} ${hook}`))
  })

  /**
   * Each costs the ten seconds after which a thread that answers nothing is stuck, twice when it is begun again apart. It is
   * deleted then: there is a bound to how many such there may be at a time.
   */
  const spinning = full ? cases : cases.filter(({ hook }) => hook === 'task configs')

  test.each(spinning)('R-J01, I9: $hook of a $kind that spins costs its thread only, and is named', async (chosen) => {
    const { kind, hook } = chosen
    const name = nameOf(`spinning ${kind} ${hook}`)
    const type = kind === 'source' ? 'BlockingSource' : 'BlockingSink'
    await timed(() => put(name, { 'connector.class': type, block: hook, manner: 'spin', ...endOf(kind, name) }))
    if (atItsEnd.test(hook)) {
      await inState(worker.url, name, 'RUNNING')
      await timed(() => ask(worker.url, 'DELETE', `/connectors/${name}`))
    } else if (hook !== 'validate') {
      await eventually(
        async () => {
          const { body } = await ask(worker.url, 'GET', `/connectors/${name}/status`)
          return /is lost while|ended while/.test(JSON.stringify(body)) || undefined
        },
        { withinMs: 100_000, what: `the status of ${name} says where it got stuck` },
      )
    }
    await movesRecords(nameOf(`beside a spinning ${kind} ${hook}`))
    if (!atItsEnd.test(hook) && hook !== 'validate') await timed(() => ask(worker.url, 'DELETE', `/connectors/${name}`))
  })

  test('R-J01, I9: tasks that wait in the operating system keep nobody from files, and a worker ends when it is asked to', async () => {
    // To open a pipe that nobody reads never returns.
    const pipes = ['pipe-1', 'pipe-2', 'pipe-3', 'pipe-4', 'pipe-5']
    for (const name of pipes) {
      execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', cluster.file(name)])
      await put(name, { ...sinkOf(cluster.file(name), topicOf('input')), 'sluice.stall.interval.ms': '500' })
    }
    const stalls = async () => (await ask(worker.url, 'GET', '/sluice/v1/stalls')).body as { connector: string }[]
    const allStalled = async () => {
      const stalled = (await stalls()).map(({ connector }) => connector)
      return pipes.every((name) => stalled.includes(name)) || undefined
    }
    await eventually(allStalled, { withinMs: 20_000, what: 'the sinks to be stalled' })
    const beside = cluster.file('beside')
    await put('beside', sinkOf(beside, topicOf('input')))
    await eventually(async () => (existsSync(beside) && statSync(beside).size > 0) || undefined, {
      withinMs: 20_000,
      what: 'a sink beside them writes its file',
    })
    const asked = performance.now()
    await worker.part.stop()
    expect(performance.now() - asked).toBeLessThan(20_000)
    await worker.start()
    for (const name of [...pipes, 'beside']) {
      expect((await askSettled(worker.url, 'DELETE', `/connectors/${name}`)).status).toBe(204)
    }
  })

  if (!full) return

  test('R-J01: a restart of the worker ends in its time, and everybody else runs again', async () => {
    await worker.part.stop()
    await worker.start()
    for (const name of normal) await inState(worker.url, name, 'RUNNING')
    const copy = cluster.file('copy')
    await put('copy', sinkOf(copy, topicOf('input')))
    await eventually(async () => statSync(copy).size === statSync(cluster.file('input')).size || undefined, {
      withinMs: 30_000,
      what: 'a new sink copies',
    })
  })
})
