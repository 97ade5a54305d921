import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assignRoundRobin } from '#server/kafka/round-robin-assignor.ts'

test('deals all partitions of all topics out in turns', () => {
  const members = ['a', 'b'].map((memberId) => ({ memberId, topics: ['t', 's'] }))
  const dealt = assignRoundRobin(members, new Map(Object.entries({ t: 3, s: 3 })))
  expect(Object.fromEntries(dealt)).toEqual({
    a: [
      { topic: 's', partitions: [0, 2] },
      { topic: 't', partitions: [1] },
    ],
    b: [
      { topic: 's', partitions: [1] },
      { topic: 't', partitions: [0, 2] },
    ],
  })
})

// The example in the documentation of Kafka's RoundRobinAssignor.
test('who did not subscribe to a topic is passed over', () => {
  const members = [
    { memberId: 'C0', topics: ['t0'] },
    { memberId: 'C1', topics: ['t0', 't1'] },
    { memberId: 'C2', topics: ['t0', 't1', 't2'] },
  ]
  const dealt = assignRoundRobin(members, new Map(Object.entries({ t0: 1, t1: 2, t2: 3 })))
  expect(Object.fromEntries(dealt)).toEqual({
    C0: [{ topic: 't0', partitions: [0] }],
    C1: [{ topic: 't1', partitions: [0] }],
    C2: [
      { topic: 't1', partitions: [1] },
      { topic: 't2', partitions: [0, 1, 2] },
    ],
  })
})

test('every partition of a subscribed topic has exactly one owner; no two loads of equal members differ by more than one', () => {
  const sizes = fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.nat(9))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), sizes, (size, counts) => {
      const members = Array.from({ length: size }, (_, at) => ({ memberId: `m${at}`, topics: ['x', 'y', 'z'] }))
      const dealt = assignRoundRobin(members, new Map(Object.entries(counts)))
      const owned = [...dealt.values()].map((of) =>
        of.flatMap(({ topic, partitions }) => partitions.map((partition) => `${topic}-${partition}`)),
      )
      const wanted = Object.entries(counts).flatMap(([topic, count]) =>
        Array.from({ length: count }, (_, at) => `${topic}-${at}`),
      )
      expect(owned.flat().sort()).toEqual(wanted.sort())
      const loads = owned.map(({ length }) => length)
      expect(Math.max(...loads) - Math.min(...loads)).toBeLessThan(2)
    }),
  )
})
