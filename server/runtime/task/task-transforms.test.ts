import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import type { OwnPlugin } from '#server/runtime/task/task-plugins.ts'
import { createTaskTransforms, type RecordPlugins } from '#server/runtime/task/task-transforms.ts'
import { createTolerance } from '#server/runtime/task/tolerance.ts'
import type { SourceRecord } from '#server/sdk/records.ts'
import { plain } from '#server/sdk/schema.ts'
import { predicates, transforms } from '#server/transforms/catalog.ts'

const own: OwnPlugin = (_what, plugin) => plugin
const plugins: RecordPlugins = {
  transforms: transforms.map((plugin) => ({
    ...plugin,
    aliases: [plugin.class.slice(plugin.class.lastIndexOf('.') + 1)],
  })),
  predicates: predicates.map((plugin) => ({
    ...plugin,
    aliases: [plugin.class.slice(plugin.class.lastIndexOf('.') + 1)],
  })),
}
const record: SourceRecord = {
  topic: 'orders',
  sourcePartition: { file: 'a' },
  sourceOffset: { position: 1 },
  valueSchema: plain.string,
  value: 'x',
}
const toleranceOf = (config: Record<string, string>, log: string[] = []) =>
  createTolerance({
    taskName: 'c-0',
    config,
    record: () => undefined,
    clock: systemClock,
    logger: { ...quietLogger, error: (message: string) => void log.push(message) },
  })
const strict = toleranceOf({})
const atHand = { describe: () => 'it' }

const apply = (config: Record<string, string>, given = record, tolerance = strict) =>
  createTaskTransforms(plugins, config, own)?.apply(given, tolerance, atHand)

const steps: Record<string, Record<string, string>> = {
  hoist: { type: 'HoistField$Value', field: 'line' },
  insert: { type: 'InsertField$Value', 'static.field': 's', 'static.value': 'v' },
  route: { type: 'RegexRouter', regex: '(.*)', replacement: '$1-x' },
  header: { type: 'InsertHeader', header: 'h', 'value.literal': '1' },
  mask: { type: 'MaskField$Value', fields: 'line' },
}
const keysOf = (list: string, alias: string, own: Record<string, string> = {}) =>
  Object.fromEntries(Object.entries(own).map(([key, value]) => [`${list}.${alias}.${key}`, value]))
const chainOf = (aliases: readonly string[]) =>
  Object.assign({ transforms: aliases.join(',') }, ...aliases.map((alias) => keysOf('transforms', alias, steps[alias])))

test('a chain makes of a record what its transforms make of it one by one', () => {
  const following = fc.uniqueArray(fc.constantFrom('insert', 'route', 'header', 'mask'), { maxLength: 4 })
  fc.assert(
    fc.property(following, (rest) => {
      const aliases = ['hoist', ...rest]
      const oneByOne = aliases.reduce<SourceRecord>(
        (given, alias) => apply(chainOf([alias]), given) as SourceRecord,
        record,
      )
      expect(apply(chainOf(aliases))).toEqual(oneByOne)
    }),
  )
})

test('a predicate says which records a transform is applied to, and negate the others', () => {
  const filtered = (negate: string, topic: string) =>
    apply(
      {
        transforms: 'drop',
        'transforms.drop.type': 'Filter',
        'transforms.drop.predicate': 'isOrder',
        'transforms.drop.negate': negate,
        predicates: 'isOrder',
        'predicates.isOrder.type': 'TopicNameMatches',
        'predicates.isOrder.pattern': 'ord.*',
      },
      { ...record, topic },
    )
  expect([filtered('false', 'orders'), filtered('false', 'views')?.topic]).toEqual([null, 'views'])
  expect([filtered('true', 'orders')?.topic, filtered('true', 'views')]).toEqual(['orders', null])
})

const failing = { transforms: 'a', 'transforms.a.type': 'ExtractField$Value', 'transforms.a.field': 'f' }
const extractField = 'org.apache.kafka.connect.transforms.ExtractField$Value'

test('a record that a transform cannot change fails the task, with stage and class in the log', () => {
  const log: string[] = []
  expect(() => apply(failing, record, toleranceOf({ 'errors.log.enable': 'true' }, log))).toThrow(
    expect.objectContaining({
      message: 'Tolerance exceeded in error handler',
      cause: expect.objectContaining({ name: 'DataException' }),
    }),
  )
  expect(log).toEqual([`Error encountered in task c-0. Executing stage 'TRANSFORMATION' with class '${extractField}'.`])
})

test('tolerance leaves such a record out, which is not the same as dropping it', () => {
  expect(apply(failing, record, toleranceOf({ 'errors.tolerance': 'all' }))).toBeUndefined()
  expect(apply({ transforms: 'a', 'transforms.a.type': 'Filter' })).toBeNull()
  expect(createTaskTransforms(plugins, {}, own)).toBeUndefined()
})

test.each([
  [{ type: 'Nope' }, 'Invalid value Nope for configuration transforms.a.type: Class Nope could not be found.'],
  [{}, 'Missing required configuration "transforms.a.type" which has no default value.'],
  [{ type: 'HoistField$Value' }, 'Missing required configuration "field" which has no default value.'],
])('a chain that cannot be made of %j is the fault of the config', (settings, message) => {
  const config = { transforms: 'a', ...keysOf('transforms', 'a', settings as Record<string, string>) }
  expect(() => createTaskTransforms(plugins, config, own)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message }),
  )
})
