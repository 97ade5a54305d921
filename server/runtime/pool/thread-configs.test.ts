import { expect, test } from 'vitest'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createScrubber } from '#server/observe/scrubber.ts'
import { type ConfiguredInstance, createThreadConfigs } from '#server/runtime/pool/thread-configs.ts'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'
import { defineConfigProvider } from '#server/sdk/config-provider.ts'

/** A vault whose one secret a test changes; it is looked at again after five seconds. */
function configsFor() {
  const clock = createFakeClock()
  const scrubber = createScrubber()
  const stale: ConfiguredInstance[] = []
  let password = 'first-password'
  const provider = defineConfigProvider({
    class: 'org.example.VaultConfigProvider',
    summary: 'For tests.',
    config: {},
    example: { params: {}, value: '${vault:a}' },
    open: () => ({
      async get(path, keys) {
        if (path === 'hung') await new Promise(() => undefined)
        return {
          values: new Map(keys.filter((key) => key !== 'none').map((key) => [key, password])),
          ttlMs: 5_000,
        }
      },
      async [Symbol.asyncDispose]() {},
    }),
  })
  const configs = createThreadConfigs({
    providers: [provider],
    worker: { 'config.providers': 'vault', 'config.providers.vault.class': provider.class },
    scrubber,
    isPassword: (key) => key === 'pin',
    onStale: (instance) => stale.push(instance),
    clock,
    logger: quietLogger,
  })
  return {
    ...{ configs, clock, scrubber, stale },
    change(to: string) {
      password = to
    },
  }
}

const raw = { password: '${vault:password}' }
const running = new AbortController().signal

test('an instance whose values changed is told to be out of date, unless config.action.reload is none', async () => {
  const { configs, clock, stale, change } = configsFor()
  const task = { task: { connector: 'c', task: 0 } }
  const { configs: found } = await configs.open([raw, { copy: 'x-${vault:password}' }], task, running)
  expect(found).toEqual([{ password: 'first-password' }, { copy: 'x-first-password' }])
  await configs.open([{ ...raw, 'config.action.reload': 'none' }], { connector: 'quiet' }, running)
  await clock.pass(5_000)
  expect(stale).toEqual([])
  change('second-password')
  await clock.pass(5_000)
  expect(stale).toEqual([task])
})

test('an instance that has ended, or whose thread closes, is watched no more', async () => {
  const { configs, clock, stale, change } = configsFor()
  const ended = new AbortController()
  await configs.open([raw], { connector: 'ended' }, ended.signal)
  await configs.open([raw], { connector: 'open' }, running)
  change('second-password')
  ended.abort()
  await configs[Symbol.asyncDispose]()
  await clock.pass(10_000)
  expect(stale).toEqual([])
})

test('a start fails with every placeholder that has no value, once each; a look tells them by key', async () => {
  const { configs } = configsFor()
  const wrong = { a: '${vault:none}', b: '${vault:none}' }
  const message = 'Could not resolve ${vault:none}: there is no value for this key'
  await expect(configs.open([wrong], { connector: 'c' }, running)).rejects.toMatchObject({
    ...{ code: 'CONFIG_INVALID', message },
  })
  expect((await configs.look(wrong)).problems.map(({ field }) => field)).toEqual(['a', 'b'])
})

test('a start waits for a provider until it is given up; a look says after half a minute that it does not answer', async () => {
  const { configs, clock } = configsFor()
  const hung = { password: '${vault:hung:password}' }
  const looking = configs.look(hung)
  const given = new AbortController()
  const starting = configs.open([hung], { connector: 'c' }, given.signal)
  starting.catch(() => undefined) // it is looked at below
  await clock.pass(30_000)
  expect((await looking).problems).toEqual([
    {
      field: 'password',
      message: 'Could not resolve ${vault:hung:password}: the config provider has not answered within 30 s',
    },
  ])
  await clock.pass(3_600_000)
  given.abort(new Error('it is to stop'))
  await expect(starting).rejects.toThrow('it is to stop')
  expect(clock.sleeping()).toEqual([])
})

test('S-09: a value and the one before it stay out of texts, older ones are forgotten, plain words are no secrets', async () => {
  const { configs, scrubber, change } = configsFor()
  for (const value of ['first-password', 'second-password', 'third-password', 'true']) {
    change(value)
    await configs.open([raw], { connector: 'c' }, running)
  }
  expect(scrubber.scrub('third-password second-password first-password true')).toBe(
    '[hidden] [hidden] first-password true',
  )
})

test('S-09: what a config holds in the open stays out of texts while its instance runs, and a while after its end', async () => {
  const { configs, clock, scrubber } = configsFor()
  const instance = new AbortController()
  const open = { pin: 'hunter2-', url: 'postgres://ada:s3cret%2F1@db/shop', topic: 'orders' }
  await configs.open([open, open], { connector: 'c' }, instance.signal)
  const text = 'hunter2- s3cret%2F1 s3cret/1 orders'
  expect(scrubber.scrub(text)).toBe('[hidden] [hidden] [hidden] orders')
  await configs.look({ pin: 'looked-at' })
  expect(scrubber.scrub('looked-at')).toBe('[hidden]')
  await clock.pass(60_000)
  expect(scrubber.scrub(text)).toBe('[hidden] [hidden] [hidden] orders')
  expect(scrubber.scrub('looked-at')).toBe('looked-at')
  instance.abort()
  expect(scrubber.scrub(text)).toBe('[hidden] [hidden] [hidden] orders')
  await clock.pass(60_000)
  expect(scrubber.scrub(text)).toBe(text)
})
