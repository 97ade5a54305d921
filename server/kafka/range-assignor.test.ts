import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assignRanges } from '#server/kafka/range-assignor.ts'

test('gives neighbouring partitions, the first members one more', () => {
  const members = ['a', 'b', 'c'].map((memberId) => ({ memberId, topics: ['t'] }))
  expect(Object.fromEntries(assignRanges(members, new Map([['t', 7]])))).toEqual({
    a: [{ topic: 't', partitions: [0, 1, 2] }],
    b: [{ topic: 't', partitions: [3, 4] }],
    c: [{ topic: 't', partitions: [5, 6] }],
  })
})

test('every partition of a subscribed topic has exactly one owner, who subscribed to it', () => {
  const topics = ['x', 'y', 'z']
  const members = fc.uniqueArray(fc.record({ memberId: fc.string({ minLength: 1 }), topics: fc.subarray(topics) }), {
    selector: ({ memberId }) => memberId,
    minLength: 1,
  })
  const counts = fc.tuple(...topics.map(() => fc.nat(9)))
  fc.assert(
    fc.property(members, counts, (subscribed, sizes) => {
      const partitions = new Map(topics.map((topic, index) => [topic, sizes[index] ?? 0]))
      const owners = new Map<string, string>()
      for (const [memberId, assigned] of assignRanges(subscribed, partitions)) {
        for (const { topic, partitions: owned } of assigned) {
          expect(subscribed.find((member) => member.memberId === memberId)?.topics).toContain(topic)
          for (const partition of owned) {
            expect(owners.has(`${topic}-${partition}`)).toBe(false)
            owners.set(`${topic}-${partition}`, memberId)
          }
        }
      }
      const wanted = topics.filter((topic) => subscribed.some((member) => member.topics.includes(topic)))
      expect(owners.size).toBe(wanted.reduce((sum, topic) => sum + (partitions.get(topic) ?? 0), 0))
    }),
  )
})
