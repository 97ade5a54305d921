import { expect, test } from 'vitest'
import { createReadReplica } from '#server/kafka/read-replica.ts'

function leased(leaseMs: number) {
  let now = 0
  const replica = createReadReplica({ monotonic: () => now }, leaseMs)
  return {
    replica,
    pass(ms: number) {
      now += ms
    },
  }
}

test('the leader is asked until it names a replica, and again when that is over', () => {
  const { replica, pass } = leased(100)
  expect(replica.preferred()).toBeUndefined()
  replica.prefer(7)
  expect(replica.preferred()).toBe(7)
  pass(100)
  expect(replica.preferred()).toBe(7)
  pass(1)
  expect(replica.preferred()).toBeUndefined()
  expect(replica.clear()).toBe(false)
})

test('a replica that is named again is not relied on for longer, another one is', () => {
  const { replica, pass } = leased(100)
  replica.prefer(7)
  pass(60)
  replica.prefer(7)
  pass(60)
  expect(replica.preferred()).toBeUndefined()
  replica.prefer(7)
  pass(60)
  replica.prefer(8)
  pass(60)
  expect(replica.preferred()).toBe(8)
})

test('who goes back to the leader is told whether a replica was asked', () => {
  const { replica } = leased(100)
  expect(replica.clear()).toBe(false)
  replica.prefer(7)
  expect(replica.clear()).toBe(true)
  expect(replica.preferred()).toBeUndefined()
  expect(replica.clear()).toBe(false)
})
