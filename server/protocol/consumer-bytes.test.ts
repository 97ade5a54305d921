import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeConsumerAssignment,
  decodeConsumerSubscription,
  decodeStickyUserData,
  encodeConsumerAssignment,
  encodeConsumerSubscription,
  encodeStickyUserData,
} from '#server/protocol/consumer-bytes.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'

test('a subscription reads back, also one of the first version and one of a version to come', () => {
  const subscription = {
    topics: ['a', 'b'],
    userData: null,
    ownedPartitions: [{ topic: 'a', partitions: [0, 2] }],
    generationId: 4,
  }
  const bytes = encodeConsumerSubscription(subscription)
  expect(decodeConsumerSubscription(bytes)).toMatchObject(subscription)
  const first = Buffer.from([0, 0, 0, 0, 0, 1, 0, 1, 0x61, 255, 255, 255, 255])
  expect(decodeConsumerSubscription(first)).toMatchObject({ topics: ['a'], ownedPartitions: [], generationId: -1 })
  const later = Buffer.concat([bytes, Buffer.from([255, 255, 1, 2, 3])])
  later.writeInt16BE(9, 0)
  expect(decodeConsumerSubscription(later)).toMatchObject(subscription)
})

test('KIP-881: a member that says where it is writes the version that can hold it, another one the version before', () => {
  const subscription = { topics: ['a'], userData: null, ownedPartitions: [], generationId: 4 }
  const placed = encodeConsumerSubscription({ ...subscription, rackId: 'eu-1a' })
  expect(placed.readInt16BE(0)).toBe(3)
  expect(decodeConsumerSubscription(placed)).toMatchObject({ ...subscription, rackId: 'eu-1a' })
  for (const rackId of ['', null]) {
    expect(encodeConsumerSubscription({ ...subscription, rackId }).readInt16BE(0)).toBe(2)
  }
})

test('an assignment reads back; a member that got nothing reads as nothing', () => {
  const partitions = [{ topic: 't', partitions: [1, 3] }]
  expect(decodeConsumerAssignment(encodeConsumerAssignment(partitions))).toEqual(partitions)
  expect(decodeConsumerAssignment(new Uint8Array(0))).toEqual([])
})

test('what a sticky member held last reads back, also without a generation; damaged bytes are refused', () => {
  const held = { partitions: [{ topic: 'té', partitions: [1, 3] }], generation: 7 }
  const bytes = encodeStickyUserData(held)
  expect(bytes.toString('hex')).toBe('00000001000374c3a900000002000000010000000300000007')
  expect(decodeStickyUserData(bytes)).toEqual(held)
  expect(decodeStickyUserData(bytes.subarray(0, -4))).toEqual({ ...held, generation: -1 })
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
      try {
        decodeStickyUserData(noise)
      } catch (error) {
        if (!(error instanceof MalformedError)) throw error
      }
    }),
  )
})
