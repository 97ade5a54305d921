import { describe, expect, test } from 'vitest'
import { ConnectError } from '#server/contract/errors.ts'
import {
  connectorFor,
  connectorOf,
  fitsVersion,
  isConnector,
  type KnownPlugin,
  pluginsNamed,
} from '#server/core/plugin-lookup.ts'

const plugin = (name: string, type: KnownPlugin['type'], aliases: string[] = [], version = '1.2.0'): KnownPlugin => ({
  class: name,
  type,
  aliases,
  version,
  fields: {},
})
const fileSource = plugin('kafka.FileStreamSourceConnector', 'source', [
  'FileStreamSourceConnector',
  'FileStreamSource',
])
const fileSink = plugin('kafka.FileStreamSinkConnector', 'sink', ['FileStreamSinkConnector', 'FileStreamSink'])
const converter = plugin('kafka.StringConverter', 'converter', ['StringConverter', 'String'])
const headerConverter = plugin('kafka.StringConverter', 'header_converter', ['StringConverter', 'String'])
const plugins = [fileSource, fileSink, converter, headerConverter]

describe('a name stands for', () => {
  test('a class in full, by its simple name or without the suffix of its kind', () => {
    for (const name of ['kafka.FileStreamSourceConnector', 'FileStreamSourceConnector', 'FileStreamSource']) {
      expect(pluginsNamed(plugins, name)).toEqual([fileSource])
    }
  })
  test('every kind that one class serves as', () => {
    expect(pluginsNamed(plugins, 'String')).toEqual([converter, headerConverter])
  })
  test('the class of that very name, even where another one has it as an alias', () => {
    const short = plugin('FileStreamSource', 'source')
    expect(pluginsNamed([...plugins, short], 'FileStreamSource')).toEqual([short])
  })
  test('nothing when nobody has it', () => {
    expect(pluginsNamed(plugins, 'FileStream')).toEqual([])
  })
})

test('connectors are sources and sinks', () => {
  expect(plugins.filter(isConnector)).toEqual([fileSource, fileSink])
})

test.each([
  [undefined, true],
  [null, true],
  ['latest', true],
  ['1.2.0', true],
  ['[1.0,2.0)', true],
  ['[1.3,2.0)', false],
  ['', false],
])('version 1.2.0 and the spec %j: %s', (spec, fits) => {
  expect(fitsVersion(fileSource, spec)).toBe(fits)
})

describe('the connector of a config', () => {
  test('is found by its class, blanks around it or not', () => {
    expect(connectorOf(plugins, { 'connector.class': ' FileStreamSink\t' })).toBe(fileSink)
  })

  test.each([{}, { 'connector.class': null }, { 'connector.class': ' ' }])('cannot be told from %j', (config) => {
    const error = new ConnectError('BAD_REQUEST', 'Connector config contains no connector type')
    expect(() => connectorOf(plugins, config)).toThrow(error)
  })

  test('S-06: is missed without a word of its config', () => {
    const config = { password: 'hunter2' }
    expect(() => connectorOf(plugins, config)).not.toThrow(/hunter2/)
  })

  test('must be a connector; the others are listed in the words of Kafka Connect', () => {
    expect(() => connectorOf(plugins, { 'connector.class': 'StringConverter' })).toThrow(
      new ConnectError(
        'BAD_REQUEST',
        "Failed to find any class that implements Connector and which name matches StringConverter, available connectors are: PluginDesc{klass=class kafka.FileStreamSourceConnector, name='kafka.FileStreamSourceConnector', version='1.2.0', encodedVersion=1.2.0, type=source, typeName='source', location='classpath'}, PluginDesc{klass=class kafka.FileStreamSinkConnector, name='kafka.FileStreamSinkConnector', version='1.2.0', encodedVersion=1.2.0, type=sink, typeName='sink', location='classpath'}",
      ),
    )
  })
})

test('of several versions the newest that is wanted is taken, and validation has one to speak of when none is', () => {
  const at = (version: string): KnownPlugin => ({ ...fileSource, version })
  const plugins = [at('1.9.0'), at('1.10.0'), at('2.0.0-rc1')]
  const chosen = (spec?: string) =>
    connectorFor(plugins, { 'connector.class': fileSource.class, 'connector.plugin.version': spec ?? null })
  expect(chosen()?.version).toBe('2.0.0-rc1')
  expect(chosen('[1.0,2.0-a)')?.version).toBe('1.10.0')
  expect(chosen('1.9.0')?.version).toBe('1.9.0')
  expect(chosen('[3.0,4.0)')).toBeUndefined()
  expect(
    connectorOf(plugins, { 'connector.class': fileSource.class, 'connector.plugin.version': '[3.0,4.0)' }).version,
  ).toBe('2.0.0-rc1')
})
