import { expect, test } from 'vitest'
import { callsWithRest } from '#server/runtime/pool/calls-with-rest.ts'
import type { PoolThread } from '#server/runtime/pool/pool-thread.ts'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'

function open() {
  const clock = createFakeClock()
  const closing = new AbortController()
  const state = { inUse: false, rests: 0 }
  const answers: (() => void)[] = []
  const call = () => new Promise<void>((resolve) => answers.push(resolve))
  const ask = callsWithRest({
    slot: { thread: () => ({ call: call as PoolThread['call'] }), rest: async () => void state.rests++ },
    inUse: () => state.inUse,
    restAfterMs: 100,
    closeWithinMs: 5,
    closing: closing.signal,
    clock,
  })
  return { clock, closing, state, ask, answer: () => answers.shift()?.() }
}

test('a thread rests once it was asked nothing for as long as was said', async () => {
  const { clock, state, ask, answer } = open()
  void ask('ping')
  answer()
  await clock.pass(99)
  expect(state.rests).toBe(0)
  await clock.pass(1)
  expect(state.rests).toBe(1)
})

test('a question puts the rest off, until it is answered and as long again', async () => {
  const { clock, state, ask, answer } = open()
  void ask('ping')
  answer()
  await clock.pass(60)
  void ask('ping')
  await clock.pass(1_000)
  expect(state.rests).toBe(0)
  answer()
  await clock.pass(99)
  expect(state.rests).toBe(0)
  await clock.pass(1)
  expect(state.rests).toBe(1)
})

test('a thread on which something runs does not rest, nor does one that is closed with its pool', async () => {
  const { clock, closing, state, ask, answer } = open()
  state.inUse = true
  void ask('ping')
  answer()
  await clock.pass(1_000)
  expect(state.rests).toBe(0)
  state.inUse = false
  void ask('ping')
  answer()
  await clock.pass(50)
  closing.abort()
  await clock.pass(1_000)
  expect(state.rests).toBe(0)
  expect(clock.sleeping()).toEqual([])
})
