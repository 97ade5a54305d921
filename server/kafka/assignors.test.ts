import { expect, test } from 'vitest'
import { assignBy, type Holdings, subscriptionFor } from '#server/kafka/assignors.ts'
import { encodeConsumerSubscription } from '#server/protocol/consumer-bytes.ts'

const nothing: Holdings = { owned: [], generation: -1, last: undefined }
const counts = new Map([['t', 4]])

test('static members are dealt with first, by the names that they keep over restarts', () => {
  const metadata = subscriptionFor('range', ['t'], nothing)
  const members = [
    { memberId: 'a', groupInstanceId: null, metadata },
    { memberId: 'b', groupInstanceId: 'two', metadata },
    { memberId: 'c', groupInstanceId: 'one', metadata },
  ]
  for (const name of ['range', 'roundrobin'] as const) {
    const first = assignBy(name, members, new Map([['t', 3]]))
    expect(['c', 'b', 'a'].map((id) => first.get(id)?.[0]?.partitions)).toEqual([[0], [1], [2]])
  }
})

test('sticky: an eager member says what it held, although it has put it down', () => {
  const held = (partitions: number[]): Holdings => ({
    owned: [],
    generation: 5,
    last: { partitions: [{ topic: 't', partitions }], generation: 5 },
  })
  const member = (memberId: string, holdings: Holdings) => ({
    memberId,
    groupInstanceId: null,
    metadata: subscriptionFor('sticky', ['t'], holdings),
  })
  const assigned = assignBy('sticky', [member('a', held([1, 3])), member('b', held([0, 2]))], counts)
  expect(Object.fromEntries(assigned)).toEqual({
    a: [{ topic: 't', partitions: [1, 3] }],
    b: [{ topic: 't', partitions: [0, 2] }],
  })
})

test('sticky: user data that nobody can read is a member that remembers nothing', () => {
  const metadata = encodeConsumerSubscription({
    topics: ['t'],
    userData: Buffer.from([1, 2, 3]),
    ownedPartitions: [],
    generationId: 1,
  })
  const assigned = assignBy('sticky', [{ memberId: 'a', groupInstanceId: null, metadata }], counts)
  expect(assigned.get('a')).toEqual([{ topic: 't', partitions: [0, 1, 2, 3] }])
})
