import { expect, test } from 'vitest'
import type { NewEvent } from '#server/contract/events.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { compactionLookMs, watchCompaction } from '#server/runtime/compaction-watch.ts'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'

test('R-I16: a topic that is altered to delete while the worker runs is told within an hour, once, and when it is mended', async () => {
  const clock = createFakeClock()
  const over = new AbortController()
  const events: NewEvent[] = []
  let policy = 'compact'
  const problems = watchCompaction({
    topics: ['configs', 'offsets'],
    admin: {
      topicConfig: async (topic) => [
        { name: 'cleanup.policy', value: topic === 'offsets' ? policy : 'compact', isDefault: false },
      ],
    } as Parameters<typeof watchCompaction>[0]['admin'],
    ...{ clock, signal: over.signal, logger: quietLogger },
    events: { write: (event) => void events.push(event) },
  })
  await clock.pass(compactionLookMs)
  expect(problems()).toEqual([])
  policy = 'delete'
  await clock.pass(compactionLookMs)
  await clock.pass(compactionLookMs)
  expect(problems()).toEqual([expect.stringMatching(/^Topic offsets was altered to cleanup\.policy=delete /)])
  expect(events.map(({ level, detail }) => [level, detail])).toEqual([
    ['ERROR', { topic: 'offsets', policy: 'delete' }],
  ])
  policy = 'compact'
  await clock.pass(compactionLookMs)
  expect(problems()).toEqual([])
  expect(events.map(({ level }) => level)).toEqual(['ERROR', 'INFO'])
  over.abort()
  expect(clock.sleeping()).toEqual([])
})
