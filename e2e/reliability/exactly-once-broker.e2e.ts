import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { complaintsAboutLines } from '#e2e/chaos/line-copy.ts'
import { feedLines } from '#e2e/chaos/line-feed.ts'
import { readCommitted } from '#e2e/harness/committed.ts'
import { brokerAtHand, startMortalBroker } from '#e2e/harness/mortal-broker.ts'
import { startSluiceWorker } from '#e2e/harness/sluice-worker.ts'
import { create, sourceOf } from '#e2e/reliability/file-pair.ts'
import { full } from '#e2e/reliability/full.ts'
import { eventually } from '#e2e/start/eventually.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'

const kills = full ? 4 : 2

test(
  'I1, I2, I4, I13: kill -9 of the broker in the middle of transactions loses and doubles no line',
  async () => {
    await using lifecycle = createLifecycle()
    const folder = mkdtempSync(join(tmpdir(), 'sluice-e2e-'))
    lifecycle.defer(() => rmSync(folder, { recursive: true, force: true }))
    const files = join(folder, 'files')
    mkdirSync(files)
    const broker = lifecycle.own(await startMortalBroker(join(folder, 'broker'), brokerAtHand()))
    const { bootstrapServers } = broker
    const worker = lifecycle.own(
      await startSluiceWorker({
        ...{ bootstrapServers, folder, group: 'exactly' },
        properties: { 'exactly.once.source.support': 'enabled' },
      }),
    )
    const names = ['by-poll', 'by-interval']
    const feeds = names.map((name) => lifecycle.own(feedLines(join(files, name), 200)))
    for (const name of names) {
      await create(worker, name, {
        ...sourceOf(join(files, name), name),
        ...(name === 'by-interval' && {
          'transaction.boundary': 'interval',
          'transaction.boundary.interval.ms': '200',
        }),
      })
    }
    const committed = async (name: string) =>
      (await readCommitted(bootstrapServers, name)).map(({ value }) => String(value))
    /** More is committed than before, so that transactions are under way again. */
    const moves = async (than: number) =>
      eventually(
        async () => {
          const counts = await Promise.all(names.map(async (name) => (await committed(name)).length))
          return counts.every((count) => count > than) ? Math.max(...counts) : undefined
        },
        { withinMs: 60_000, what: `more than ${than} lines of both are committed` },
      )
    let seen = 0
    for (let kill = 0; kill < kills; kill++) {
      seen = await moves(seen)
      await broker.part.kill()
      await broker.start()
    }
    seen = await moves(seen)
    const sent = feeds.map((feed) => feed.stop())
    for (const [n, name] of names.entries()) {
      const lines = sent[n] ?? 0
      await eventually(async () => (await committed(name)).length >= lines || undefined, {
        withinMs: 60_000,
        what: `all ${lines} lines of ${name} are committed`,
      }).catch(() => undefined) // what is missing is for the report to say
      expect(complaintsAboutLines(lines, await committed(name))).toEqual([])
      const offsets = await readCommitted(bootstrapServers, 'exactly-offsets')
      const last = offsets.findLast(({ key }) => JSON.parse(key ?? '')[0] === name)
      expect(last?.value).toBe(`{"position":${statSync(join(files, name)).size}}`)
    }
  },
  full ? 400_000 : 120_000,
)
