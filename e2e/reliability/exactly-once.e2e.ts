import { statSync } from 'node:fs'
import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { complaintsAboutLines } from '#e2e/chaos/line-copy.ts'
import { feedLines, type LineFeed } from '#e2e/chaos/line-feed.ts'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import { readCommitted } from '#e2e/harness/committed.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { ask } from '#e2e/harness/rest.ts'
import { create, sourceOf } from '#e2e/reliability/file-pair.ts'
import { full } from '#e2e/reliability/full.ts'
import { eventually } from '#e2e/start/eventually.ts'

const sessionMs = 6_000
/** Long enough for the others to take over what the one that does not answer runs. */
const frozenMs = sessionMs * 2
const names = ['by-poll', 'by-interval'] as const
const boundaries = {
  'by-poll': { 'transaction.boundary': 'poll' },
  'by-interval': { 'transaction.boundary': 'interval', 'transaction.boundary.interval.ms': '300' },
}
const rounds = full ? 4 : 1
/** Where time is short the verifiable connectors meet the others. */
const waysHere = full ? (['stop', 'kill', 'freeze'] as const) : (['stop'] as const)

describe.each(waysHere)('R-D10: exactly-once sources, while workers in turn meet a %s', (how) => {
  let cluster: Cluster
  let feeds: LineFeed[]

  beforeAll(async () => {
    const properties = { 'session.timeout.ms': `${sessionMs}`, 'exactly.once.source.support': 'enabled' }
    cluster = await startCluster({ workers: 2, properties })
    const [worker] = cluster.workers as [ConnectWorker]
    feeds = names.map((name) => feedLines(cluster.file(name), 200))
    for (const name of names) {
      await create(worker, name, {
        ...{ ...sourceOf(cluster.file(name), topicOf(name)), ...boundaries[name] },
        'exactly.once.support': 'required',
      })
    }
  })
  afterAll(async () => {
    for (const feed of feeds ?? []) feed.stop()
    await cluster?.[Symbol.asyncDispose]()
  })

  const topicOf = (name: string) => `${cluster.group}-${name}`
  const committed = async (name: string) =>
    (await readCommitted(cluster.bootstrapServers, topicOf(name))).map(({ value }) => String(value))

  const allRun = (on: readonly ConnectWorker[]) =>
    eventually(
      async () => {
        const { body } = await ask(on[0]?.url ?? '', 'GET', '/connectors?expand=status')
        const tasks = Object.values<Expanded>(body).flatMap(({ status }) => status.tasks)
        const here = tasks.every(({ state, worker_id }) => state === 'RUNNING' && on.some(({ id }) => id === worker_id))
        return (tasks.length === names.length && here) || undefined
      },
      { withinMs: 60_000, what: `every task runs on ${on.map(({ id }) => id).join()}` },
    )

  async function trouble(victim: ConnectWorker, others: readonly ConnectWorker[]) {
    if (how !== 'freeze') {
      await victim.part[how]()
      await allRun(others)
      await victim.start()
      return
    }
    victim.part.freeze()
    await after(frozenMs)
    await allRun(others)
    victim.part.thaw()
  }

  test(
    'I1, I2, I4, I5, I13: no line is lost or doubled, whoever reads what is committed, and offsets go along',
    async () => {
      await allRun(cluster.workers)
      for (let round = 0; round < rounds; round++) {
        for (const victim of full ? cluster.workers : cluster.workers.slice(0, 1)) {
          await trouble(
            victim,
            cluster.workers.filter((worker) => worker !== victim),
          )
          await allRun(cluster.workers)
        }
      }
      const sent = feeds.map((feed) => feed.stop())
      for (const [n, name] of names.entries()) {
        const lines = sent[n] ?? 0
        await eventually(async () => (await committed(name)).length >= lines || undefined, {
          withinMs: 30_000,
          what: `all ${lines} lines of ${name} are committed`,
        }).catch(() => undefined) // what is missing is for the report to say
        expect(complaintsAboutLines(lines, await committed(name))).toEqual([])
        expect(await positionsOf(cluster, name)).toEqual({ back: 0, last: statSync(cluster.file(name)).size })
      }
    },
    full ? 600_000 : 120_000,
  )
})

/** How often the committed position of a source went back, and where it ended. */
async function positionsOf({ bootstrapServers, group }: Cluster, name: string) {
  const records = await readCommitted(bootstrapServers, `${group}-offsets`)
  const positions = records
    .filter(({ key }) => JSON.parse(key ?? '')[0] === name)
    .map(({ value }) => JSON.parse(value ?? '').position as number)
  const back = positions.filter((position, i) => position < (positions[i - 1] ?? 0)).length
  return { back, last: positions.at(-1) }
}

interface Expanded {
  status: { tasks: { state: string; worker_id: string }[] }
}
