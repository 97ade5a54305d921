import { expect, test } from 'vitest'
import { createEventBuffer } from '#components/logs/event-buffer.ts'
import type { EventEntry } from '#server/contract/events.ts'

const entry = (n: number): EventEntry => ({
  ...{ id: `0-${n}`, at: n, kind: 'log', level: 'INFO', worker: 'w:1', message: String(n) },
})

function setup(capacity = 3) {
  const frames: (() => void)[] = []
  const buffer = createEventBuffer(capacity, (draw) => void frames.push(draw))
  let told = 0
  buffer.subscribe(() => void told++)
  return { buffer, frames, told: () => told, ids: () => buffer.view().map(({ id }) => id) }
}

test('a burst is drawn once, the newest of it, each entry once', () => {
  const { buffer, frames, told, ids } = setup()
  for (const n of [1, 2, 2, 3, 4]) buffer.push(entry(n))
  expect([frames.length, told(), ids()]).toEqual([1, 0, []])
  frames[0]?.()
  expect([told(), ids()]).toEqual([1, ['0-2', '0-3', '0-4']])
  buffer.push(entry(4))
  expect(frames).toHaveLength(1)
})

test('what is cleared is gone, also what was not drawn yet', () => {
  const { buffer, frames, ids } = setup()
  buffer.push(entry(1))
  buffer.clear()
  buffer.push(entry(2))
  for (const draw of frames) draw()
  expect(ids()).toEqual(['0-2'])
})
