import { expect, test } from 'vitest'
import { converters } from '#server/converters/catalog.ts'
import { aliasesOf } from '#server/runtime/pool/plugin-definitions.ts'
import { createTaskConverters } from '#server/runtime/task/task-converters.ts'
import type { OwnPlugin } from '#server/runtime/task/task-plugins.ts'
import { plain } from '#server/sdk/schema.ts'

const own: OwnPlugin = (_what, plugin) => plugin
const named = converters.map((plugin) => ({ ...plugin, aliases: aliasesOf(plugin.class, 'converter') }))
const json = 'org.apache.kafka.connect.json.JsonConverter'
const string = 'org.apache.kafka.connect.storage.StringConverter'
const worker = { 'key.converter': string, 'value.converter': json, 'value.converter.schemas.enable': 'false' }
const written = async (connector: Record<string, string>) => {
  const { value } = await createTaskConverters(named, connector, worker, own)
  return Buffer.from(value.fromConnectData('t', plain.string, 'x') ?? '').toString()
}

test('the worker says how values are written, with its own settings, unless the connector names a converter', async () => {
  expect(await written({})).toBe('"x"')
  expect(await written({ 'value.converter': string })).toBe('x')
  expect(await written({ 'value.converter': json })).toBe('{"schema":{"type":"string","optional":false},"payload":"x"}')
  expect(await written({ 'value.converter': json, 'value.converter.schemas.enable': 'false' })).toBe('"x"')
})

test('a setting of the connector does not reach the converter of the worker', async () => {
  expect(await written({ 'value.converter.schemas.enable': 'true' })).toBe('"x"')
})

test('a converter answers to its short names, and messages tell its class', async () => {
  const { classes } = await createTaskConverters(named, { 'value.converter': 'String' }, worker, own)
  expect(classes).toEqual({
    key: string,
    value: string,
    header: 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
  })
})

test('a class that is unknown, or that converts no values, is named with its key', async () => {
  await expect(createTaskConverters(named, { 'value.converter': 'no.Such' }, worker, own)).rejects.toThrow(
    'Invalid value no.Such for configuration value.converter: Class no.Such could not be found.',
  )
  const header = 'org.apache.kafka.connect.storage.SimpleHeaderConverter'
  await expect(createTaskConverters(named, { 'key.converter': header }, worker, own)).rejects.toThrow(
    `Class ${header} is no Converter.`,
  )
})
