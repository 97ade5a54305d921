import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import {
  apiNames,
  apis,
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '#server/protocol/codec.ts'
import { type Compression, compress, compressionAttribute, decompress } from '#server/protocol/compression.ts'
import { decodeConnectAssignment, decodeConnectMetadata } from '#server/protocol/connect-bytes.ts'
import {
  decodeConsumerAssignment,
  decodeConsumerSubscription,
  encodeConsumerAssignment,
  encodeConsumerSubscription,
} from '#server/protocol/consumer-bytes.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'
import { encodeBatch, readBatches } from '#server/protocol/record-batch.ts'
import { anyStruct } from '#server/protocol/test-tree/any-message.ts'
import { damaged, someDamage } from '#server/protocol/test-tree/damage.ts'

const rounds = process.env.SLUICE_TEST_FULL === '1' ? 20 : 1
vi.setConfig({ testTimeout: 120_000 })

/** The result, or undefined when the bytes were refused; any other error fails the test. */
function orRefused<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedError)
    return undefined
  }
}

/** How many elements and bytes were made of a message; nothing may be made of nothing. */
function weight(value: unknown): number {
  if (value instanceof Uint8Array || typeof value === 'string') return value.length
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + 1 + weight(item), 0)
  if (typeof value === 'object' && value !== null) {
    return Object.values(value).reduce((sum: number, item) => sum + weight(item), 0)
  }
  return 0
}

/** Defaults of fields that are not on the wire (a zero uuid has 22 characters) and no more come on top of the bytes. */
const bound = (bytes: Buffer) => 64 * (bytes.length + 64)

const cases = apiNames.flatMap((api) => {
  const { min, max } = apis[api]
  return Array.from({ length: max - min + 1 }, (_, at) => ({ api, version: min + at }))
})

test.each(apiNames)('%s, damaged in any version, is read or refused, and never blown up', (name) => {
  for (const { api, version } of cases.filter((one) => one.api === name)) {
    const headerBytes = version >= apis[api].flexibleFrom ? 11 : 10
    fc.assert(
      fc.property(anyStruct(apis[api].request, version), someDamage, (body, damage) => {
        const header = { correlationId: 7, clientId: null }
        const valid = Buffer.concat(encodeRequest(api, version, header, body as never)).subarray(4)
        const bytes = damaged(valid, damage, headerBytes)
        const read = orRefused(() => decodeRequest(bytes))
        if (read) expect(weight(read.body)).toBeLessThan(bound(bytes))
      }),
      { numRuns: 6 * rounds },
    )
    fc.assert(
      fc.property(anyStruct(apis[api].response, version), someDamage, (body, damage) => {
        const bytes = damaged(Buffer.concat(encodeResponse(api, version, 7, body as never)).subarray(8), damage)
        const read = orRefused(() => decodeResponse(api, version, bytes))
        if (read) expect(weight(read)).toBeLessThan(bound(bytes))
      }),
      { numRuns: 6 * rounds },
    )
  }
})

test('noise is no request, no answer, no batch and no message of a group', () => {
  fc.assert(
    fc.property(fc.constantFrom(...cases), fc.uint8Array({ maxLength: 300 }), ({ api, version }, array) => {
      const noise = Buffer.from(array)
      const head = Buffer.alloc(10)
      head.writeInt16BE(apis[api].key, 0)
      head.writeInt16BE(version, 2)
      head.writeInt16BE(-1, 8)
      const decoders: (() => unknown)[] = [
        () => decodeRequest(Buffer.concat([head, noise])),
        () => decodeRequestHeader(noise),
        () => decodeResponse(api, version, noise),
        () => [...readBatches(noise, { verifyCrc: false })].map((batch) => batch.index()),
        () => decodeConsumerSubscription(noise),
        () => decodeConsumerAssignment(noise),
        () => decodeConnectMetadata(noise),
        () => decodeConnectAssignment(noise),
      ]
      for (const decode of decoders) orRefused(decode)
    }),
    { numRuns: 2000 * rounds },
  )
})

const compressions = Object.keys(compressionAttribute) as Compression[]

describe.each(compressions)('a batch with compression %s, damaged,', (compression) => {
  const records = fc.array(
    fc.record({
      key: fc.option(fc.uint8Array({ maxLength: 20 })),
      value: fc.option(fc.uint8Array({ maxLength: 200 })),
      headers: fc.array(
        fc.record({ name: fc.string({ maxLength: 5 }), value: fc.option(fc.uint8Array({ maxLength: 9 })) }),
      ),
    }),
    { minLength: 1, maxLength: 10 },
  )

  function walk(bytes: Buffer, verifyCrc: boolean) {
    for (const batch of readBatches(bytes, { verifyCrc })) {
      batch.controlType()
      const index = batch.index()
      for (let record = 0; record < index.count; record++) {
        index.key(record)
        index.value(record)
        index.headers(record)
      }
    }
  }

  test('is refused by its CRC, and without it read or refused, and never blown up', () => {
    fc.assert(
      fc.property(records, someDamage, (given, damage) => {
        const valid = encodeBatch(given, { timestamp: 5, compression })
        const bytes = damaged(valid, damage)
        orRefused(() => walk(bytes, true))
        orRefused(() => walk(bytes, false))
        const flipped = damaged(valid, [{ how: 'flip', at: damage[0]?.at ?? 0, bit: 0 }], 21)
        expect(() => walk(flipped, true)).toThrow(MalformedError)
      }),
      { numRuns: 100 * rounds },
    )
  })

  test('unpacks to no more than its reader allows', () => {
    const bomb = compress(compression, Buffer.alloc(4_000_000))
    if (compression === 'none') return
    expect(bomb.length).toBeLessThan(1_000_000)
    expect(() => decompress(compression, bomb, 1_000_000)).toThrow(MalformedError)
    fc.assert(
      fc.property(someDamage, (damage) => {
        const unpacked = orRefused(() => decompress(compression, damaged(bomb, damage), 1_000_000))
        expect(unpacked?.length ?? 0).toBeLessThanOrEqual(1_000_000)
      }),
      { numRuns: 20 * rounds },
    )
  })
})

test('what members tell their group is read or refused when it is damaged', () => {
  const topics = [{ topic: 't', partitions: [0, 1] }]
  const subscription = encodeConsumerSubscription({
    topics: ['t'],
    userData: null,
    ownedPartitions: topics,
    generationId: 1,
  })
  const assignment = encodeConsumerAssignment(topics)
  fc.assert(
    fc.property(someDamage, (damage) => {
      orRefused(() => decodeConsumerSubscription(damaged(subscription, damage)))
      orRefused(() => decodeConsumerAssignment(damaged(assignment, damage)))
    }),
    { numRuns: 500 * rounds },
  )
})
