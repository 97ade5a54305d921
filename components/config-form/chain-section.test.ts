import { expect, test } from 'vitest'
import type { ChainSection } from '#components/config-form/chain-section.ts'
import { formModel } from '#components/config-form/form-model.ts'
import type { ConfigKeyInfo } from '#server/contract/config-field.ts'
import type { ConfigInfo, ConfigInfos, ConnectorConfig } from '#server/contract/connector.ts'

const mask = 'org.apache.kafka.connect.transforms.MaskField$Value'

const info = (name: string, definition: Partial<ConfigKeyInfo> = {}, value: Partial<ConfigInfo['value']> = {}) => ({
  definition: {
    name,
    type: 'STRING' as const,
    required: false,
    defaultValue: null,
    importance: 'LOW' as const,
    documentation: 'What it is.',
    group: null,
    orderInGroup: 1,
    width: 'SHORT' as const,
    displayName: name,
    dependents: [],
    ...definition,
  },
  value: { name, value: null, recommendedValues: [], errors: [], visible: true, ...value },
})
/** What a cluster answers of a step with a class and one required setting. */
const ofStep = (prefix: string, errors: string[] = []) => [
  info(`${prefix}.type`, { required: true, importance: 'HIGH' }, { value: mask }),
  info(`${prefix}.plugin.version`, { importance: 'HIGH' }),
  info(`${prefix}.predicate`, { importance: 'MEDIUM' }),
  info(`${prefix}.negate`, { type: 'BOOLEAN', importance: 'MEDIUM' }),
  info(`${prefix}.fields`, { required: true, importance: 'HIGH' }, { errors }),
]
const answer = (...configs: ConfigInfo[]): ConfigInfos => ({
  name: 'x',
  errorCount: 0,
  groups: [],
  configs: [info('transforms'), info('predicates'), ...configs],
})

function chainsOf(infos: ConfigInfos, config: ConnectorConfig) {
  const model = formModel(infos, config)
  const chains = model.sections.filter((section): section is ChainSection => section.kind !== 'fields')
  return { model, steps: chains.flatMap(({ steps }) => steps) }
}

test('the steps stand in the order in which they are applied, whatever the order of the answer', () => {
  const config = { transforms: 'a, b', 'transforms.a.type': mask, 'transforms.b.type': mask }
  const { steps } = chainsOf(answer(...ofStep('transforms.b'), ...ofStep('transforms.a')), config)
  expect(steps.map(({ alias, class: name }) => [alias, name])).toEqual([
    ['a', mask],
    ['b', mask],
  ])
})

test('the class and its version are said once, and the predicate is no field beside its choice', () => {
  const config = { transforms: 'a', 'transforms.a.type': mask }
  const [step] = chainsOf(answer(...ofStep('transforms.a')), config).steps
  expect(step?.fields.map(({ name, advanced }) => [name, advanced])).toEqual([
    ['transforms.a.type', true],
    ['transforms.a.fields', false],
    ['transforms.a.plugin.version', true],
  ])
})

test('a class that cannot be is in sight with its error, which counts', () => {
  const wrong = info('transforms.a.type', { required: true }, { errors: ['Class Nope could not be found.'] })
  const { steps, model } = chainsOf(answer(wrong), { transforms: 'a', 'transforms.a.type': 'Nope' })
  expect(steps[0]?.fields.map(({ name, advanced }) => [name, advanced])).toEqual([['transforms.a.type', false]])
  expect(model.errorCount).toBe(1)
})

test('keys of an alias within another belong to the longer one', () => {
  const config = { transforms: 'a,a.b', 'transforms.a.type': mask, 'transforms.a.b.type': mask }
  const { steps } = chainsOf(answer(...ofStep('transforms.a'), ...ofStep('transforms.a.b')), config)
  expect(steps.map(({ fields }) => fields.length)).toEqual([3, 3])
})

test('what a new step can be told is awaited, and its keys are not taken for unknown ones meanwhile', () => {
  const config = { transforms: 'new', 'transforms.new.type': mask, 'transforms.new.fields': 'x', mine: '1' }
  const { model, steps } = chainsOf(answer(), config)
  expect(steps).toMatchObject([{ alias: 'new', pending: true, fields: [] }])
  expect(model.others.map(({ name }) => name)).toEqual(['mine'])
})

test('a step that was renamed keeps its settings until the cluster knows it by its new alias', () => {
  const config = { transforms: 'new', 'transforms.new.type': mask, 'transforms.new.fields': 'x' }
  const { model, steps } = chainsOf(answer(...ofStep('transforms.old', ['Wrong'])), config)
  expect(steps[0]?.fields.find(({ name }) => name === 'transforms.new.fields')).toMatchObject({
    value: 'x',
    errors: ['Wrong'],
  })
  expect(model.others).toEqual([])
  expect(chainsOf(answer(...ofStep('transforms.old')), { transforms: 'new' }).steps[0]?.pending).toBe(true)
})

test('what the answer says of a step that is gone is not drawn and does not count', () => {
  const { model, steps } = chainsOf(answer(...ofStep('transforms.old', ['Wrong'])), { topic: 't' })
  expect(steps).toEqual([])
  expect(model.errorCount).toBe(0)
})

test('a predicate that is not there, and a negation of none, are told at the transform, as Kafka Connect tells them too late', () => {
  const config = { transforms: 'a', 'transforms.a.type': mask, 'transforms.a.predicate': 'gone' }
  const { model, steps } = chainsOf(answer(...ofStep('transforms.a')), config)
  expect(steps[0]?.predicateErrors).toEqual(['There is no predicate called gone.'])
  expect(model.errorCount).toBe(1)
  const { 'transforms.a.predicate': _, ...without } = config
  const negated = { ...without, 'transforms.a.negate': 'true' }
  expect(chainsOf(answer(...ofStep('transforms.a')), negated).steps[0]?.predicateErrors).toHaveLength(1)
})

test('a predicate names the transforms that ask for it', () => {
  const config = {
    transforms: 'a,b',
    'transforms.b.predicate': 'p',
    predicates: 'p',
    'predicates.p.type': 'com.acme.IsNew',
  }
  expect(chainsOf(answer(), config).steps.map(({ alias, askers }) => [alias, askers])).toEqual([
    ['a', []],
    ['b', []],
    ['p', ['b']],
  ])
})

test('a filter without a predicate is warned of, because it lets nothing through', () => {
  const config = { transforms: 'f', 'transforms.f.type': 'org.apache.kafka.connect.transforms.Filter' }
  expect(chainsOf(answer(), config).steps[0]?.warning).toContain('every record')
  const asking = { ...config, 'transforms.f.predicate': 'p', predicates: 'p' }
  expect(chainsOf(answer(), asking).steps[0]?.warning).toBeUndefined()
})
