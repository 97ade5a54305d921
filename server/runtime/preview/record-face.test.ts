import { expect, test } from 'vitest'
import { bytesFace, recordFace } from '#server/runtime/preview/record-face.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'

const at = { sourcePartition: null, sourceOffset: null, topic: 't' }

test('values are shown exactly, with and without a schema, also those that no converter would take', () => {
  const shape = schema.struct({ id: schema.int64(), name: schema.string() })
  const order = new Struct(shape, { id: 9_007_199_254_740_993n, name: 'ä"' })
  const face = recordFace({ ...at, valueSchema: shape, value: order, key: null, timestamp: 5 })
  expect(face.value.text).toBe('{"id":9007199254740993,"name":"ä\\""}')
  expect(JSON.parse(face.value.schema ?? '')).toMatchObject({ type: 'struct' })
  expect(face).toMatchObject({ topic: 't', partition: null, timestamp: 5, key: { text: null, schema: null } })

  const mixed = new Map<string, never>(
    Object.entries({
      when: new Date('2026-01-02T03:04:05.006Z'),
      price: new Decimal(123n, 2),
      bytes: new Uint8Array([1, 2, 3]),
      list: [1, 2.5, null, true, Number.NaN],
      inner: order,
    }) as never,
  )
  expect(recordFace({ ...at, value: mixed as never }).value.text).toBe(
    '{"when":"2026-01-02T03:04:05.006Z","price":1.23,"bytes":"AQID","list":[1,2.5,null,true,"NaN"],' +
      '"inner":{"id":9007199254740993,"name":"ä\\""}}',
  )
})

test('bytes are shown as the text that they are, else as base64, and long ones are cut', () => {
  const record = { topic: 't', partition: 1, timestamp: null, headers: [] }
  const face = bytesFace({ ...record, key: Buffer.from('schlüssel'), value: new Uint8Array([0xff, 0xfe]) })
  expect(face.key).toEqual({ text: 'schlüssel', form: 'text', schema: null })
  expect(face.value).toEqual({ text: '//4=', form: 'base64', schema: null })
  const long = bytesFace({ ...record, key: null, value: Buffer.alloc(40_000, 'x') }).value
  expect(long.text).toHaveLength(32_768)
  expect(long.cut).toBe(7_232)
})
