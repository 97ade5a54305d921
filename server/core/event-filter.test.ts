import { expect, test } from 'vitest'
import type { EventEntry, EventFilter } from '#server/contract/events.ts'
import { eventFilter } from '#server/core/event-filter.ts'

const entry: EventEntry = {
  ...{ id: '0-1', at: 1_000, kind: 'log', level: 'WARN', worker: 'a:1', message: 'A put failed' },
  ...{ connector: 'c', task: 1, attempt: 2, logger: 'sluice.task', trace: 'Error: refused\n  at x' },
}

test.each<[string, EventFilter, EventFilter]>([
  ['connector', { connector: 'c' }, { connector: 'd' }],
  ['kind', { kinds: ['log', 'state'] }, { kinds: ['state'] }],
  ['level and worse', { level: 'INFO' }, { level: 'ERROR' }],
  ['text of the message', { text: 'PUT' }, { text: 'poll' }],
  ['text of the trace', { text: 'Refused' }, { text: 'accepted' }],
  ['text of the logger', { text: 'sluice.TASK' }, { text: 'sluice.worker' }],
  ['task', { task: 1 }, { task: 0 }],
  ['worker', { worker: 'a:1' }, { worker: 'b:1' }],
  ['attempt', { attempt: 2 }, { attempt: 1 }],
  ['time from', { since: 1_000 }, { since: 1_001 }],
  ['time before', { until: 1_001 }, { until: 1_000 }],
  ['everything together', { task: 1, level: 'WARN', text: 'put' }, { task: 1, level: 'WARN', text: 'poll' }],
])('filters by %s', (_, fits, fitsNot) => {
  expect(eventFilter(fits)(entry)).toBe(true)
  expect(eventFilter(fitsNot)(entry)).toBe(false)
})

test('an entry about the whole group is about no connector and no task', () => {
  const { connector: _, task: __, ...ofGroup } = entry
  expect(eventFilter({})(ofGroup)).toBe(true)
  expect(eventFilter({ connector: 'c' })(ofGroup)).toBe(false)
  expect(eventFilter({ task: 1 })(ofGroup)).toBe(false)
})
