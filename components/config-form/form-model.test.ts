import { expect, test } from 'vitest'
import { fieldsOf, formModel } from '#components/config-form/form-model.ts'
import type { ConfigKeyInfo } from '#server/contract/config-field.ts'
import type { ConfigInfo, ConfigInfos } from '#server/contract/connector.ts'

const info = (name: string, definition: Partial<ConfigKeyInfo> = {}, errors: string[] = []): ConfigInfo => ({
  definition: {
    name,
    type: 'STRING',
    required: false,
    defaultValue: null,
    importance: 'LOW',
    documentation: 'What it is.',
    group: null,
    orderInGroup: 1,
    width: 'SHORT',
    displayName: name,
    dependents: [],
    ...definition,
  },
  value: { name, value: null, recommendedValues: [], errors, visible: true },
})
const infos = (...configs: ConfigInfo[]): ConfigInfos => ({ name: 'x', errorCount: 0, groups: [], configs })

test('keys that the plugin does not define are kept apart, never dropped', () => {
  const model = formModel(infos(info('file')), { 'connector.class': 'X', file: 'a', 'producer.override.acks': '1' })
  expect(model.others).toEqual([{ name: 'producer.override.acks', value: '1', warning: undefined }])
})

test('a required or failing field is never folded away, whatever its importance', () => {
  const model = formModel(
    infos(info('quiet'), info('needed', { required: true }), info('wrong', {}, ['Invalid value'])),
    {},
  )
  const advanced = Object.fromEntries(model.sections.flatMap(fieldsOf).map((field) => [field.name, field.advanced]))
  expect(advanced).toEqual({ quiet: true, needed: false, wrong: false })
})

test('a section with something to fill in comes first', () => {
  const model = formModel(
    infos(
      info('tasks.max', { group: 'Common', importance: 'HIGH' }),
      info('topic', { group: 'Kafka', required: true }),
    ),
    {},
  )
  expect(model.sections.map((section) => section.title)).toEqual(['Kafka', 'Common'])
})

test('what the plugin itself brings comes before what every connector has', () => {
  const model = formModel(
    infos(
      info('tasks.max', { group: 'Common', importance: 'HIGH' }),
      info('transforms', { group: 'Transforms' }),
      info('offsets.storage.topic', { group: 'offsets.topic' }),
      info('records.per.second', { group: 'Pace' }),
    ),
    {},
  )
  expect(model.sections.map((section) => section.title)).toEqual(['Pace', 'Common', 'Transforms', 'Offsets topic'])
})

test('converters come behind the settings of the plugin, then transforms and predicates, and nobody is asked what the worker decides', () => {
  const model = formModel(
    infos(
      info('errors.tolerance', { group: 'Error Handling', importance: 'HIGH' }),
      info('predicates', { group: 'Predicates' }),
      info('transforms', { group: 'Transforms' }),
      info('value.converter.schemas.enable', { group: 'Schemas' }),
      info('value.converter.converter.type', { required: true }),
      info('topic', { required: true }),
    ),
    { topic: 'a' },
  )
  expect(model.sections.map(({ title }) => title)).toEqual([
    'Settings',
    'Converters: Schemas',
    'Transforms',
    'Predicates',
    'Error Handling',
  ])
  expect(model.sections.flatMap(fieldsOf).map(({ name }) => name)).not.toContain('value.converter.converter.type')
})

test('a value that could not be read is not called null as well', () => {
  const read = 'Invalid value many for configuration tasks.max: Not a number of type INT'
  const echo = 'Invalid value null for configuration tasks.max: Value must be non-null'
  const errorsOf = (...errors: string[]) =>
    formModel(infos(info('tasks.max', {}, errors)), { 'tasks.max': 'many' }).sections.flatMap(fieldsOf)[0]?.errors
  expect(errorsOf(read, echo)).toEqual([read])
  expect(errorsOf(echo)).toEqual([echo])
})

test('errors of the name are told apart, because the name has an input of its own', () => {
  const model = formModel(infos(info('name', { required: true }, ['Missing']), info('topic', {}, ['Missing'])), {})
  expect(model.nameErrors).toEqual(['Missing'])
  expect(model.errorCount).toBe(1)
})

test('an error of a field that is not drawn is shown beside the form', () => {
  const hidden = info('connector.class', {}, ['Failed to find any class'])
  expect(formModel(infos(hidden), {}).loose).toEqual([{ name: 'connector.class', message: 'Failed to find any class' }])
})

test('a mistyped key names the one that was meant, also where the cluster gives no warnings', () => {
  expect(formModel(infos(info('tasks.max')), { 'taks.max': '1' }).others).toEqual([
    { name: 'taks.max', value: '1', warning: 'Not known to this plugin. Did you mean tasks.max?' },
  ])
})

test('what the cluster warns of stands at its key, defined or not', () => {
  const warnings = [
    { key: 'old', message: 'This setting is deprecated.', meant: null },
    { key: 'transforms.a.type', message: 'This setting has no effect.', meant: null },
  ]
  const config = { old: '1', 'transforms.a.type': 'x', 'producer.override.acks': '1' }
  const model = formModel({ ...infos(info('old'), info('new')), warnings }, config)
  expect(model.sections.flatMap(fieldsOf).map(({ warning }) => warning)).toEqual([
    'This setting is deprecated.',
    undefined,
  ])
  expect(model.others.map(({ warning }) => warning)).toEqual(['This setting has no effect.', undefined])
})
