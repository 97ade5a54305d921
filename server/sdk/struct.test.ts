import { expect, test } from 'vitest'
import { schema } from '#server/sdk/schema.ts'
import { isStructOf, Struct } from '#server/sdk/struct.ts'
import { validateValue } from '#server/sdk/validate-value.ts'

const order = schema.struct({
  id: schema.int64(),
  note: schema.string({ optional: true }),
  state: schema.string({ default: 'new' }),
})

test('a field takes a value of its schema and no other', () => {
  const struct = new Struct(order, { id: 1n })
  expect(() => struct.set('id', 1)).toThrow(
    'Invalid Java object for schema with type INT64: class java.lang.Integer for field: "id"',
  )
  expect(() => struct.set('id', null)).toThrow('Invalid value: null used for required field: "id", schema type: INT64')
  expect(() => struct.set('nobody', 1)).toThrow('nobody is not a valid field name')
  expect(struct.get('id')).toBe(1n)
})

test('a default stands in for what was not set, and only in get', () => {
  const struct = new Struct(order, { id: 1n, note: null, state: null })
  expect(struct.get('state')).toBe('new')
  expect(struct.stored('state')).toBeNull()
  expect(struct.get('note')).toBeNull()
})

test('a struct as a whole is checked field by field', () => {
  expect(() => validateValue(order, new Struct(order))).toThrow('null used for required field: "id"')
  expect(() => validateValue(order, new Struct(order, { id: 1n }))).not.toThrow()
  const other = schema.struct({ id: schema.int64() })
  expect(() => validateValue(order, new Struct(other, { id: 1n }))).toThrow('Struct schemas do not match.')
  expect(isStructOf(order, new Struct(schema.struct(order.fields), { id: 1n }))).toBe(true)
})
