import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type ApiName,
  apiNames,
  apis,
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '#server/protocol/codec.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'
import { anyStruct } from '#server/protocol/test-tree/any-message.ts'

const cases = apiNames.flatMap((api) => {
  const { min, max } = apis[api]
  return Array.from({ length: max - min + 1 }, (_, i) => ({ api, version: min + i }))
})
const versionsOf = (name: ApiName) => cases.filter(({ api }) => api === name)

describe.each(apiNames)('%s', (name) => {
  test('a request of every version reads back as it was written', () => {
    for (const { api, version } of versionsOf(name)) {
      const header = { correlationId: 7, clientId: 'c' }
      fc.assert(
        fc.property(anyStruct(apis[api].request, version), (body) => {
          const written = Buffer.concat(encodeRequest(api, version, header, body as never))
          const read = decodeRequest(written.subarray(4))
          const again = Buffer.concat(encodeRequest(api, version, header, read.body as never))
          expect(written.readInt32BE(0)).toBe(written.length - 4)
          expect([read.api, read.version, read.correlationId, read.clientId]).toEqual([api, version, 7, 'c'])
          expect(again.equals(written)).toBe(true)
        }),
        { numRuns: 5 },
      )
    }
  })

  test('a response of every version reads back as it was written', () => {
    for (const { api, version } of versionsOf(name)) {
      fc.assert(
        fc.property(anyStruct(apis[api].response, version), (body) => {
          const written = Buffer.concat(encodeResponse(api, version, 7, body as never))
          const read = decodeResponse(api, version, written.subarray(8))
          const again = Buffer.concat(encodeResponse(api, version, 7, read as never))
          expect(written.readInt32BE(4)).toBe(7)
          expect(again.equals(written)).toBe(true)
        }),
        { numRuns: 5 },
      )
    }
  })
})

test.each([
  ['a count beyond the bytes that are left', [0x7f, 0xff, 0xff, 0xff]],
  ['a negative count', [0xff, 0xff, 0xff, 0xfe]],
])('refuses %s', (_, count) => {
  const head = Buffer.from([0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff])
  expect(decodeRequest(head).api).toBe('ApiVersions')
  expect(() => decodeResponse('ApiVersions', 0, Buffer.from([0, 0, ...count]))).toThrow(MalformedError)
})

test('a field that the version lacks is refused when it says something, unless Kafka lets it be dropped', () => {
  const write = (version: number, body: object) =>
    encodeRequest('FindCoordinator' satisfies ApiName, version, { correlationId: 1, clientId: null }, body)
  expect(() => write(2, { coordinatorKeys: ['g'] })).toThrow('version 2 has no field coordinatorKeys')
  expect(() => write(2, { key: 'g', coordinatorKeys: [] })).not.toThrow()
  expect(() =>
    encodeRequest('Produce', 13, { correlationId: 1, clientId: null }, { topicData: [{ name: 'ignored by id' }] }),
  ).not.toThrow()
})

test('an int64 that a number cannot hold is refused, not rounded', () => {
  const frame = Buffer.alloc(18)
  frame.writeBigInt64BE(2n ** 60n, 6)
  expect(() => decodeResponse('InitProducerId', 0, frame)).toThrow(MalformedError)
})

test('reads the refusal of an ApiVersions version, which comes in version 0', () => {
  const refusal = { errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 2 }] }
  const frame = Buffer.concat(encodeResponse('ApiVersions', 0, 1, refusal))
  expect(decodeResponse('ApiVersions', 4, frame.subarray(8))).toMatchObject(refusal)
})

test('record batches are in the frame without a copy', () => {
  const records = Buffer.from('batch')
  const parts = encodeRequest(
    'Produce',
    13,
    { correlationId: 1, clientId: 'c' },
    { topicData: [{ partitionData: [{ records }] }] },
  )
  expect(parts.some((part) => part.buffer === records.buffer && part.byteOffset === records.byteOffset)).toBe(true)
})
