import { expect, test } from 'vitest'
import { decodeEvent, encodeEvent, type PlacelessEvent, withinLimits } from '#server/core/event-record.ts'

const event: PlacelessEvent = {
  ...{ at: 1, kind: 'failure', level: 'ERROR', worker: 'w:1', message: 'Task c-0 failed', connector: 'c', task: 0 },
  ...{ attempt: 3, code: 'INTERNAL', trace: 'Error: x', detail: { state: 'FAILED' } },
}

test('comes back as it was written, under the name of its connector', () => {
  const { key, value } = encodeEvent(event)
  expect(key).toBe('c')
  expect(decodeEvent(value)).toEqual(event)
  const { connector: _, ...ofGroup } = event
  expect(encodeEvent(ofGroup).key).toBe('')
})

test.each([
  ['nothing', null],
  ['no JSON', 'hello'],
  ['no object', '[1]'],
  ['no time', JSON.stringify({ ...event, at: 'now' })],
  ['an unknown kind', JSON.stringify({ ...event, kind: 'party' })],
  ['an unknown level', JSON.stringify({ ...event, level: 'LOUD' })],
  ['a message that is no text', JSON.stringify({ ...event, message: {} })],
  ['a task that is no number', JSON.stringify({ ...event, task: '0' })],
  ['a detail that is no object', JSON.stringify({ ...event, detail: 'x' })],
])('takes %s for nothing of ours', (_, value) => {
  expect(decodeEvent(value)).toBeUndefined()
})

test('S-33: cuts what is too long, and says how much', () => {
  const cut = withinLimits({
    ...event,
    message: 'm'.repeat(5_000),
    trace: 't'.repeat(40_000),
    detail: { much: 'd'.repeat(70_000) },
  })
  expect(cut.message).toMatch(/^m{4096}… \(904 more characters\)$/)
  expect(cut.trace).toMatch(/^t{32768}… \(7232 more characters\)$/)
  expect(cut.detail).toEqual({ truncated: true })
  expect(withinLimits(event)).toEqual(event)
})
