import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ConfigField, ConfigKeyInfo, FieldCheck, Fields } from '#server/contract/config-field.ts'
import type { ConnectorConfig, PluginType } from '#server/contract/connector.ts'
import { parseValue } from '#server/core/config-def-value.ts'
import { connectorConfigErrors } from '#server/core/config-errors.ts'
import { connectorOf, type KnownPlugin } from '#server/core/plugin-lookup.ts'
import { validateConnector, type WorkerFacts } from '#server/core/validate-connector.ts'

interface Definition {
  name: string
  type: ConfigKeyInfo['type']
  required: boolean
  default_value: string | null
  importance: ConfigKeyInfo['importance']
  documentation: string
  group: string | null
  order_in_group: number
  width: ConfigKeyInfo['width']
  display_name: string
  dependents: string[]
}

type RecordedConfig = [definition: number, recommended: number, string, string | null, string[], boolean]

interface Recording {
  definitions: (Definition | null)[]
  recommended: string[][]
  cases: {
    id: string
    body: Record<string, string | number | boolean | null>
    name: string
    error_count: number
    groups: string[]
    configs: RecordedConfig[]
  }[]
}

const read = (file: string) => JSON.parse(readFileSync(join(import.meta.dirname, 'testdata', file), 'utf8'))
const recording: Recording = read('validate.json')
const VERSION = '4.3.1'

/** Validators do not show in a definition; these are the ones of the plugins that were recorded. */
const checks: Record<string, Record<string, FieldCheck[]>> = {
  FileStreamSourceConnector: { topic: [{ check: 'non-empty' }] },
  JsonConverter: { 'decimal.format': [{ check: 'one-of', values: ['NUMERIC', 'BASE64'], ignoreCase: true }] },
  ValueToKey: { fields: [{ check: 'list', allowEmpty: false }] },
  DropHeaders: { headers: [{ check: 'list', allowEmpty: false }] },
  ExtractField$Value: { 'field.syntax.version': [{ check: 'one-of', values: ['V1', 'V2'], ignoreCase: true }] },
  HasHeaderKey: { name: [{ check: 'non-empty' }] },
  TestSourceConnector: {
    'test.int': [{ check: 'range', min: 1 }],
    'test.records': [{ check: 'range', min: 0, max: 1000 }],
    'test.nonempty': [{ check: 'non-empty' }],
  },
}

const simpleName = (name: string) => name.slice(name.lastIndexOf('.') + 1)

function fieldsOf(className: string, definitions: Definition[]): Fields {
  return Object.fromEntries(
    definitions.map((definition): [string, ConfigField] => {
      const value = definition.default_value === null ? null : parseValue(definition.type, definition.default_value)
      return [
        definition.name,
        {
          type: definition.type,
          doc: definition.documentation,
          importance: definition.importance,
          ...(!definition.required && { default: value?.ok ? value.value : null }),
          ...(definition.group !== null && { group: definition.group, order: definition.order_in_group }),
          width: definition.width,
          displayName: definition.display_name,
          dependents: definition.dependents,
          checks: checks[simpleName(className)]?.[definition.name] ?? [],
        },
      ]
    }),
  )
}

const plugins = (
  read('plugins.json') as { class: string; type: PluginType; version: string; definitions: Definition[] }[]
).map((plugin): KnownPlugin => {
  const simple = simpleName(plugin.class)
  return {
    class: plugin.class,
    type: plugin.type,
    version: plugin.version === '<version>' ? VERSION : plugin.version,
    aliases: simple.includes('$') ? [] : [simple, simple.replace(/(Connector|Converter)$/, '')],
    fields: fieldsOf(plugin.class, plugin.definitions),
    exactlyOnce: 'SUPPORTED',
  }
})

const worker: WorkerFacts = {
  groupId: 'connect-oracle',
  converters: {
    'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'header.converter': 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
  },
  overrides: { policy: 'All', allowlist: [] },
  exactlyOnceEnabled: false,
}

/** REST turns scalars of a config into strings before anything else sees them. */
const configOf = (body: Recording['cases'][number]['body']): ConnectorConfig =>
  Object.fromEntries(Object.entries(body).map(([key, value]) => [key, value === null ? null : String(value)]))

const validate = (config: ConnectorConfig, more: Partial<WorkerFacts> = {}) =>
  validateConnector({ plugin: connectorOf(plugins, config), plugins, config, worker: { ...worker, ...more } })

/** A key may appear twice: once without a definition, once as a client override. */
const byKey = <T extends { definition: unknown; name: string }>(entries: T[]) =>
  new Map(entries.map((entry) => [`${entry.name}${entry.definition === null ? ' (undefined)' : ''}`, entry]))

const masked = (text: string | null) => text?.replaceAll(VERSION, '<version>') ?? null

/** Behaviour of plugin code (their own `validate`, recommenders, validators in Java) that a definition cannot hold. */
const ofPluginCode = ['139', '152', '155', '156', '252', '253', '255', '260']

const cases = recording.cases.filter(({ id }) => !ofPluginCode.includes(id.slice(id.indexOf('/') + 1)))

test.each(cases)('$id: answers as the recorded worker did', ({ body, name, error_count, groups, configs }) => {
  const infos = validate(configOf(body))

  const ours = byKey(
    infos.configs.map(({ definition, value }) => ({
      definition: definition && {
        name: definition.name,
        type: definition.type,
        required: definition.required,
        default_value: masked(definition.defaultValue),
        importance: definition.importance,
        documentation: definition.documentation,
        group: definition.group,
        order_in_group: definition.orderInGroup,
        width: definition.width,
        display_name: definition.displayName,
        dependents: definition.dependents,
      },
      name: value.name,
      value: masked(value.value),
      errors: value.errors.map(masked),
      visible: value.visible,
      recommended: [...new Set(value.recommendedValues.map(masked))].sort(),
    })),
  )
  const theirs = byKey(
    configs.map(([definition, recommended, key, value, errors, visible]) => ({
      definition: recording.definitions[definition] ?? null,
      name: key,
      value: masked(value),
      errors: errors.map((message) => message.replaceAll('[<version>, <version>]', '[<version>]')).map(masked),
      visible,
      recommended: [...new Set(recording.recommended[recommended])]
        .filter((choice) => !choice.includes('mirror'))
        .sort(),
    })),
  )
  expect(ours).toEqual(theirs)
  expect(infos).toMatchObject({ name, errorCount: error_count })
  // The JVM lists a converter's groups in hash order.
  expect(infos.groups.toSorted()).toEqual(groups.toSorted())
  expect(infos.groups.slice(0, 4)).toEqual(groups.slice(0, 4))
})

test('prints what is wrong as the text of the 400 answer', () => {
  const config = { 'connector.class': 'FileStreamSource', name: 'v', 'tasks.max': '0' }
  expect(connectorConfigErrors(validate(config))).toBe(
    [
      'Connector configuration is invalid and contains the following 2 error(s):',
      'Invalid value 0 for configuration tasks.max: Value must be at least 1',
      'Missing required configuration "topic" which has no default value.',
      'You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`',
    ].join('\n'),
  )
  expect(connectorConfigErrors(validate({ ...config, 'tasks.max': '1', topic: 't' }))).toBeUndefined()
})

test('refuses a client override that the policy does not allow, on its own key', () => {
  const config = {
    'connector.class': 'FileStreamSink',
    name: 'v',
    topics: 't',
    'consumer.override.max.poll.records': '5',
    'consumer.override.client.rack': 'a',
  }
  const errors = (policy: WorkerFacts['overrides']) =>
    Object.fromEntries(
      validate(config, { overrides: policy }).configs.flatMap(({ value }) =>
        value.errors.map((message) => [value.name, message]),
      ),
    )
  expect(errors({ policy: 'None', allowlist: [] })).toMatchObject({
    'consumer.override.max.poll.records':
      "The 'None' policy does not allow 'max.poll.records' to be overridden in the connector configuration.",
  })
  expect(Object.keys(errors({ policy: 'Allowlist', allowlist: ['max.poll.records'] }))).toEqual([
    'consumer.override.client.rack',
  ])
})

test('names the connectors there are when a class is unknown, and keeps the config to itself when there is none', () => {
  expect(() => connectorOf(plugins, { 'connector.class': 'Nope' })).toThrow(
    'Failed to find any class that implements Connector and which name matches Nope, available connectors are: PluginDesc{klass=class ',
  )
  expect(() => connectorOf(plugins, { password: 'hunter2' })).toThrow(/^Connector config contains no connector type$/)
})

test('adds what the plugin itself says, and shows keys that nobody defined without a definition', () => {
  const config = { 'connector.class': 'FileStreamSource', name: 'v', topic: 't' }
  const infos = validateConnector({
    plugin: connectorOf(plugins, config),
    plugins,
    config,
    worker,
    pluginErrors: { file: ['no such file'], 'not.defined': ['added by validate'] },
  })
  expect(infos.errorCount).toBe(2)
  expect(infos.configs[0]).toEqual({
    definition: null,
    value: { name: 'not.defined', value: null, recommendedValues: [], errors: ['added by validate'], visible: true },
  })
  expect(infos.configs.find(({ value }) => value.name === 'file')?.value.errors).toEqual(['no such file'])
})
