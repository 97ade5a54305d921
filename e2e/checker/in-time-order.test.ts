import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inTimeOrder } from '#e2e/checker/in-time-order.ts'
import type { Observation } from '#e2e/checker/observation.ts'

const cut = (at: number): Observation => ({ kind: 'cut', at, stream: 'a/0' })

async function inOrder(...streams: Iterable<Observation>[]): Promise<Observation[]> {
  const all: Observation[] = []
  for await (const one of inTimeOrder(...streams)) all.push(one)
  return all
}

test('merges any streams into one in the order of time, and loses none', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.integer({ min: 0, max: 20 }))), async (given) => {
      const streams = given.map((times) => times.toSorted((a, b) => a - b).map(cut))
      const merged = await inOrder(...streams)
      expect(merged.map(({ at }) => at)).toEqual(given.flat().sort((a, b) => a - b))
    }),
  ))

test('at the same time what makes a claim true comes before the claim', async () => {
  const claim: Observation = { kind: 'source offset', at: 1, stream: 'a/0', seqno: 0 }
  const reason: Observation = { kind: 'arrived', at: 1, stream: 'a/0', seqno: 0, place: 'topic' }
  expect(await inOrder([claim], [reason])).toEqual([reason, claim])
  expect(await inOrder([reason], [claim, reason])).toEqual([reason, reason, claim])
})

test('takes from a stream no more than what it needs to know which is next', async () => {
  let taken = 0
  function* endless() {
    for (;;) yield cut(taken++)
  }
  for await (const { at } of inTimeOrder(endless(), [cut(5)])) if (at === 5) break
  expect(taken).toBeLessThan(10)
})
