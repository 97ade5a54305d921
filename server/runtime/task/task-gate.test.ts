import { expect, test } from 'vitest'
import { createTaskGate } from '#server/runtime/task/task-gate.ts'

test('a signal aborts with the next change, and the next one waits for another', () => {
  const gate = createTaskGate('STARTED')
  const first = gate.signal()
  gate.setTarget('PAUSED')
  expect(first.aborted).toBe(true)
  expect(gate.paused).toBe(true)
  const second = gate.signal()
  expect(second.aborted).toBe(false)
  gate.setTarget('STARTED')
  expect(second.aborted).toBe(true)
  const third = gate.signal()
  gate.wake()
  expect(third.aborted).toBe(true)
})

test('after a stop every signal is aborted and nothing is paused', () => {
  const gate = createTaskGate('PAUSED')
  gate.stop()
  expect(gate.signal().aborted).toBe(true)
  expect(gate.ending.aborted).toBe(true)
  expect(gate).toMatchObject({ stopping: true, cancelled: false, paused: false })
  gate.cancel()
  expect(gate.cancelled).toBe(true)
  expect(gate.cancellation.aborted).toBe(true)
})

test('a cancel is a stop, too', () => {
  const gate = createTaskGate('STARTED')
  gate.cancel()
  expect(gate).toMatchObject({ stopping: true, cancelled: true })
})

test('who waits for the resume is told of it, and of a stop, but not of a mere wake', async () => {
  const gate = createTaskGate('PAUSED')
  let resumed = 0
  const first = gate.resumed().then(() => resumed++)
  gate.wake()
  await Promise.resolve()
  expect(resumed).toBe(0)
  gate.setTarget('STARTED')
  await first
  gate.setTarget('PAUSED')
  const second = gate.resumed().then(() => resumed++)
  gate.stop()
  await second
  expect(resumed).toBe(2)
})
