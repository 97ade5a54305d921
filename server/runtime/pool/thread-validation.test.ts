import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { createScrubber } from '#server/observe/scrubber.ts'
import { createThreadConfigs } from '#server/runtime/pool/thread-configs.ts'
import { createThreadPlugins } from '#server/runtime/pool/thread-plugins.ts'
import { createThreadValidation } from '#server/runtime/pool/thread-validation.ts'
import { defineSource, type SourceModule } from '#server/sdk/connector.ts'
import { quietLogger } from '#server/sdk/testing/quiet-logger.ts'

type Hooks = Pick<SourceModule<Record<never, never>>, 'exactlyOnceSupport' | 'canDefineTransactionBoundaries'>

/** What the keys of exactly-once are said to be wrong with, for a source with these hooks. */
async function errorsOf(hooks: Hooks, config: Record<string, string>, exactlyOnceEnabled = true) {
  const source = defineSource({
    ...{ class: 'test.Given', version: '1', title: 'Given', summary: 'Given.', system: 'test', taskClass: 'test.Task' },
    ...{ config: {}, example: {} },
    load: async () => ({
      createTask: () => {
        throw new Error('nobody starts it')
      },
      ...hooks,
    }),
  })
  const catalog = { connectors: [source], converters: [], transforms: [], predicates: [], providers: [] }
  await using configs = createThreadConfigs({
    ...{ providers: [], worker: {}, scrubber: createScrubber(), isPassword: () => false, onStale: () => undefined },
    ...{ clock: systemClock, logger: quietLogger },
  })
  const validate = createThreadValidation({
    ...{ catalog, plugins: createThreadPlugins(catalog), configs },
    during: async (_stage, hook) => hook(),
    scrub: (text) => text,
  })
  const infos = await validate(
    { 'connector.class': 'test.Given', name: 'c', ...config },
    { groupId: 'g', converters: {}, overrides: { policy: 'All', allowlist: [] }, exactlyOnceEnabled },
  )
  const of = (key: string) => infos.configs.find(({ value }) => value.name === key)?.value.errors
  return [...(of('exactly.once.support') ?? []), ...(of('transaction.boundary') ?? [])]
}

const required = { 'exactly.once.support': 'required' }
const byConnector = { 'transaction.boundary': 'CONNECTOR' }

test('a source is asked whether it can deliver exactly once with the config at hand, when that is required', async () => {
  const hooks: Hooks = { exactlyOnceSupport: ({ file }) => (file === undefined ? 'UNSUPPORTED' : 'SUPPORTED') }
  expect(await errorsOf(hooks, { ...required, file: 'f' })).toEqual([])
  expect(await errorsOf(hooks, required)).toEqual([
    'The connector does not support exactly-once semantics with the provided configuration.',
  ])
  expect(await errorsOf(hooks, { 'exactly.once.support': 'requested' })).toEqual([])
  expect(await errorsOf(hooks, { ...required, file: 'f' }, false)).toEqual([
    'This worker does not have exactly-once source support enabled.',
  ])
})

test('one that has no opinion, or cannot say, is refused in words that tell which', async () => {
  const noOpinion = /^The connector does not implement the API required for preflight validation of exactly-once source/
  expect(await errorsOf({}, required)).toEqual([expect.stringMatching(noOpinion)])
  expect(await errorsOf({ exactlyOnceSupport: () => null }, required)).toEqual([expect.stringMatching(noOpinion)])
  const broken = () => {
    throw new Error('no such file')
  }
  expect(await errorsOf({ exactlyOnceSupport: broken }, required)).toEqual([
    'An unexpected error occurred during validation: no such file',
  ])
})

test.each([
  [() => 'supported', "answers 'supported'"],
  [async () => 'SUPPORTED', "answers Promise { 'SUPPORTED' }"],
  [() => true, 'answers true'],
  ['SUPPORTED', 'has to be a function'],
])('an answer that there is none is told with those that there are: %s', async (hook, what) => {
  for (const [name, config] of [
    ['exactlyOnceSupport', required],
    ['canDefineTransactionBoundaries', byConnector],
  ] as const) {
    expect(await errorsOf({ [name]: hook } as unknown as Hooks, config)).toEqual([
      expect.stringMatching(new RegExp(`^${name} of test.Given ${what}.*answers 'SUPPORTED', 'UNSUPPORTED' or null`)),
    ])
  }
})

test('a source defines where transactions end only if it says that it can', async () => {
  const cannot =
    /^The connector does not support connector-defined transaction boundaries with the given configuration\./
  expect(await errorsOf({ canDefineTransactionBoundaries: () => 'SUPPORTED' }, byConnector)).toEqual([])
  expect(await errorsOf({ canDefineTransactionBoundaries: () => 'UNSUPPORTED' }, byConnector)).toEqual([
    expect.stringMatching(cannot),
  ])
  expect(await errorsOf({}, byConnector)).toEqual([expect.stringMatching(cannot)])
  expect(await errorsOf({ canDefineTransactionBoundaries: () => null }, byConnector)).toEqual([
    expect.stringContaining('has returned a null value from its canDefineTransactionBoundaries method'),
  ])
  expect(await errorsOf({}, { 'transaction.boundary': 'interval' })).toEqual([])
})
