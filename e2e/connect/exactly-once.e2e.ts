import { statSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { complaintsAboutLines } from '#e2e/chaos/line-copy.ts'
import { feedLines, type LineFeed } from '#e2e/chaos/line-feed.ts'
import { fileSource, type Ground, type Kind, openGround, put, running } from '#e2e/connect/ground.ts'
import { readCommitted } from '#e2e/harness/committed.ts'
import { eventually } from '#e2e/start/eventually.ts'

let ground: Ground
let feeds: LineFeed[] = []
afterEach(async () => {
  for (const feed of feeds) feed.stop()
  await ground?.[Symbol.asyncDispose]()
})

const other = (kind: Kind): Kind => (kind === 'jvm' ? 'sluice' : 'jvm')
const names = ['a', 'b']
const both = { a: 1, b: 1 }

test.each(['jvm', 'sluice'] as const)(
  'R-D10: I2, I13: exactly-once sources go to and fro between the kinds, led by %s, and lose and double nothing',
  async (leader) => {
    ground = openGround({ 'exactly.once.source.support': 'enabled', 'session.timeout.ms': '6000' })
    const { bootstrapServers, group } = ground
    const first = await ground.start(leader)
    const topicOf = (name: string) => `${group}-${name}`
    // ASCII alone: a JVM worker counts characters where it should count bytes.
    feeds = names.map((name) => feedLines(ground.file(name), 100, (n) => `line ${n}`))
    for (const name of names) {
      await put(first, name, { ...fileSource(ground.file(name), topicOf(name)), 'exactly.once.support': 'required' })
    }
    await running(first, both, [first])
    const second = await ground.start(other(leader))
    const pair = [first, second]
    await running(second, both, pair)
    // Configured anew through the follower, so that each kind asks the other one to fence.
    for (const name of names) {
      const changed = { ...fileSource(ground.file(name), topicOf(name)), 'errors.log.enable': 'true' }
      await put(second, name, changed)
    }
    await running(first, both, pair)
    await second.part.kill()
    await running(first, both, [first])
    await second.start()
    await running(first, both, pair)
    await first.part.stop()
    await running(second, both, [second])
    await first.start()
    await running(second, both, pair)

    const sent = feeds.map((feed) => feed.stop())
    const committed = async (name: string) =>
      (await readCommitted(bootstrapServers, topicOf(name))).map(({ value }) => `${value} ä`)
    for (const [n, name] of names.entries()) {
      const lines = sent[n] ?? 0
      await eventually(async () => (await committed(name)).length >= lines || undefined, {
        withinMs: 30_000,
        what: `all ${lines} lines of ${name} are committed`,
      }).catch(() => undefined) // what is missing is for the report to say
      expect(complaintsAboutLines(lines, await committed(name))).toEqual([])
      const offsets = await readCommitted(bootstrapServers, `${group}-offsets`)
      const last = offsets.findLast(({ key }) => JSON.parse(key ?? '')[0] === name)
      expect(last?.value).toBe(`{"position":${statSync(ground.file(name)).size}}`)
      const configs = await readCommitted(bootstrapServers, `${group}-configs`)
      const fencings = configs.filter(({ key }) => key === `tasks-fencing-${name}`)
      expect(fencings.length).toBeGreaterThan(1)
      expect(new Set(fencings.map(({ value }) => value))).toEqual(new Set(['{"task-count":1}']))
    }
  },
  300_000,
)
