import { expect, test } from 'vitest'
import { text } from '#server/contract/config-field.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { checkGuarded, createConfigResolver } from '#server/runtime/config-resolver.ts'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'
import { defineConfigProvider } from '#server/sdk/config-provider.ts'

const asked: string[] = []
/** Answers every key with its own name in capitals, except `none`; the path `broken` cannot be read, `hung` has no answer. */
const shouting = defineConfigProvider({
  class: 'org.example.ShoutingConfigProvider',
  summary: 'For tests.',
  config: { limit: text({ doc: 'A limit.', importance: 'low', default: '' }) },
  guard: 'limit',
  example: { params: {}, value: '${shout:a}' },
  open: () => ({
    async get(path, keys) {
      asked.push(`${path}:${keys}`)
      if (path === 'hung') return new Promise(() => undefined)
      if (path === 'broken') throw new Error('the disk is broken')
      return { values: new Map(keys.filter((key) => key !== 'none').map((key) => [key, key.toUpperCase()])) }
    },
    async [Symbol.asyncDispose]() {},
  }),
})

const worker = { 'config.providers': 'shout', 'config.providers.shout.class': 'ShoutingConfigProvider' }
const signal = new AbortController().signal

function resolver(settings: Record<string, string> = worker) {
  asked.length = 0
  const clock = createFakeClock()
  const secrets: string[] = []
  const made = createConfigResolver({
    plugins: [shouting],
    worker: settings,
    onSecret: (reference, value) => secrets.push(`${reference}=${value}`),
    env: {},
    clock,
    logger: quietLogger,
  })
  return { ...made, clock, secrets }
}

test('replaces placeholders anywhere in values; other providers and other braces stay as they are', async () => {
  const { resolve, secrets } = resolver()
  const raw = { url: 'db://${shout:u}:${shout:p:pw}@${other:x}/${topic}', plain: 'x' }
  const { configs, problems, resolved } = await resolve([raw], signal)
  expect(configs).toEqual([{ url: 'db://U:PW@${other:x}/${topic}', plain: 'x' }])
  expect(problems).toEqual([])
  expect(secrets).toEqual(['${shout:u}=U', '${shout:p:pw}=PW'])
  expect(resolved.get('${shout:p:pw}')).toBe('PW')
})

test('asks a provider once for each path, whichever configs and keys name it', async () => {
  const { resolve } = resolver()
  await resolve([{ a: '${shout:p:one}', b: '${shout:p:two}${shout:p:one}' }, { c: '${shout:p:three}' }], signal)
  expect(asked).toEqual(['p:one,two,three'])
})

test('says of each key why its placeholder has no value, and resolves the others', async () => {
  const { resolve } = resolver()
  const raw = { a: '${shout:none}', b: '${shout:broken:k}', c: '${shout:fine}' }
  const { configs, problems } = await resolve([raw], signal)
  expect(configs).toEqual([{ ...raw, c: 'FINE' }])
  expect(problems).toEqual([
    { field: 'a', message: 'Could not resolve ${shout:none}: there is no value for this key' },
    { field: 'b', message: 'Could not resolve ${shout:broken:k}: the disk is broken' },
  ])
})

test('a look within its time asks nobody again; a start always does', async () => {
  const { resolve, clock } = resolver()
  const raw = [{ a: '${shout:k}' }]
  for (let look = 0; look < 3; look++) await resolve(raw, signal, { recentMs: 1_000 })
  expect(asked).toHaveLength(1)
  await resolve(raw, signal)
  expect(asked).toHaveLength(2)
  await clock.pass(1_000)
  await resolve(raw, signal, { recentMs: 1_000 })
  expect(asked).toHaveLength(3)
})

test.each([
  [{ 'config.providers': 'a' }, 'Missing required configuration "config.providers.a.class"'],
  [
    { 'config.providers': 'a', 'config.providers.a.class': 'Nope' },
    'Invalid value Nope for configuration config.providers.a.class: Class Nope could not be found.',
  ],
])('%j is refused when the worker starts', (settings, message) => {
  expect(() => resolver(settings)).toThrow(expect.objectContaining({ code: 'SETTING_INVALID' }))
  expect(() => resolver(settings)).toThrow(message)
})

test('S-05: the profile safe wants every provider limited', () => {
  expect(() => checkGuarded([shouting], worker)).toThrow('"config.providers.shout.param.limit"')
  expect(() => checkGuarded([shouting], { ...worker, 'config.providers.shout.param.limit': 'a' })).not.toThrow()
})

test('what has no answer when the signal aborts is a problem, whether or not the provider listens; until then it is known', async () => {
  const { resolve } = resolver()
  const enough = new AbortController()
  const underWay = new Set<string>()
  const answer = resolve([{ a: '${shout:one}', b: '${shout:hung:two}', c: '${shout:later:three}' }], enough.signal, {
    async reading(source, read) {
      underWay.add(source)
      const found = await read()
      underWay.delete(source)
      return found
    },
  })
  await expect.poll(() => [...underWay]).toEqual(['${shout:hung:…}'])
  enough.abort(new Error('nobody waits any more'))
  const { configs, problems } = await answer
  expect(configs[0]).toMatchObject({ a: 'ONE', b: '${shout:hung:two}' })
  expect(problems).toContainEqual({ field: 'b', message: 'Could not resolve ${shout:hung:two}: nobody waits any more' })
  expect(asked).not.toContain('later:three')
})
