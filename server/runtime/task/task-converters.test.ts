import { expect, test } from 'vitest'
import { converters } from '#server/converters/catalog.ts'
import { aliasesOf } from '#server/runtime/pool/plugin-definitions.ts'
import { createTaskConverters } from '#server/runtime/task/task-converters.ts'
import { plain } from '#server/sdk/schema.ts'

const named = converters.map((plugin) => ({ ...plugin, aliases: aliasesOf(plugin.class, 'converter') }))
const json = 'org.apache.kafka.connect.json.JsonConverter'
const string = 'org.apache.kafka.connect.storage.StringConverter'
const worker = { 'key.converter': string, 'value.converter': json, 'value.converter.schemas.enable': 'false' }
const written = (connector: Record<string, string>) =>
  Buffer.from(
    createTaskConverters(named, connector, worker).value.fromConnectData('t', plain.string, 'x') ?? '',
  ).toString()

test('the worker says how values are written, with its own settings, unless the connector names a converter', () => {
  expect(written({})).toBe('"x"')
  expect(written({ 'value.converter': string })).toBe('x')
  expect(written({ 'value.converter': json })).toBe('{"schema":{"type":"string","optional":false},"payload":"x"}')
  expect(written({ 'value.converter': json, 'value.converter.schemas.enable': 'false' })).toBe('"x"')
})

test('a setting of the connector does not reach the converter of the worker', () => {
  expect(written({ 'value.converter.schemas.enable': 'true' })).toBe('"x"')
})

test('a converter answers to its short names, and messages tell its class', () => {
  const { classes } = createTaskConverters(named, { 'value.converter': 'String' }, worker)
  expect(classes).toEqual({
    key: string,
    value: string,
    header: 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
  })
})

test('a class that is unknown, or that converts no values, is named with its key', () => {
  expect(() => createTaskConverters(named, { 'value.converter': 'no.Such' }, worker)).toThrow(
    'Invalid value no.Such for configuration value.converter: Class no.Such could not be found.',
  )
  const header = 'org.apache.kafka.connect.storage.SimpleHeaderConverter'
  expect(() => createTaskConverters(named, { 'key.converter': header }, worker)).toThrow(
    `Class ${header} is no Converter.`,
  )
})
