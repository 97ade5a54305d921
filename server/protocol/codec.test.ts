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
import type { FieldSchema } from '#server/protocol/schema.ts'

const covers = (range: readonly [number, number] | undefined, version: number) =>
  range !== undefined && version >= range[0] && version <= range[1]

/** Any value that a message of this version can carry. */
function anyStruct(schema: readonly FieldSchema[], version: number): fc.Arbitrary<Record<string, unknown>> {
  const members: Record<string, fc.Arbitrary<unknown>> = {}
  for (const [name, type, versions, detail = {}] of schema) {
    if (!covers(versions, version)) continue
    const base = anyScalar(type.replace('[]', ''), detail.fields ?? [], version)
    const value = type.startsWith('[]') ? fc.array(base, { maxLength: 3 }) : base
    members[name] = covers(detail.nullable, version) ? fc.option(value) : value
  }
  return fc.record(members)
}

function anyScalar(type: string, fields: readonly FieldSchema[], version: number): fc.Arbitrary<unknown> {
  const bytes = (length?: number) =>
    fc
      .uint8Array(length === undefined ? { maxLength: 40 } : { minLength: length, maxLength: length })
      .map((array) => Buffer.from(array))
  switch (type) {
    case 'bool':
      return fc.boolean()
    case 'int8':
      return fc.integer({ min: -128, max: 127 })
    case 'int16':
      return fc.integer({ min: -32768, max: 32767 })
    case 'uint16':
      return fc.integer({ min: 0, max: 65535 })
    case 'int32':
      return fc.integer()
    case 'uint32':
      return fc.integer({ min: 0, max: 0xffffffff })
    case 'int64':
      return fc.maxSafeInteger()
    case 'bigint':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    case 'float64':
      return fc.double({ noNaN: true })
    case 'uuid':
      return bytes(16).map((id) => id.toString('base64url'))
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 20 })
    case 'struct':
      return anyStruct(fields, version)
    default:
      return bytes()
  }
}

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

test('hostile bytes end in MalformedError, never in a hang or a huge allocation', () => {
  fc.assert(
    fc.property(fc.constantFrom(...cases), fc.uint8Array({ maxLength: 200 }), ({ api, version }, noise) => {
      const head = Buffer.alloc(10)
      head.writeInt16BE(apis[api].key, 0)
      head.writeInt16BE(version, 2)
      head.writeInt16BE(-1, 8)
      try {
        decodeRequest(Buffer.concat([head, noise]))
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError)
      }
      try {
        decodeResponse(api, version, Buffer.from(noise))
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError)
      }
    }),
    { numRuns: 3000 },
  )
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
