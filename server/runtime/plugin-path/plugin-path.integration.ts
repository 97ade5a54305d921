import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import type { WorkerFacts } from '#server/core/validate-connector.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import type { PluginHost } from '#server/runtime/plugin-host.ts'
import { createPluginPool } from '#server/runtime/pool/plugin-pool.ts'
import { noOffsets } from '#server/runtime/test-tree/no-offsets.ts'

const template = fileURLToPath(new URL('../../../templates/connector', import.meta.url))
const shipped = new URL('../../bin/pool-thread.mjs', import.meta.url)

let path: string
let host: PluginHost
beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), 'sluice-plugins-'))
  await cp(template, join(path, 'ticker'), { recursive: true })
  // The same connector twice; each version brings its own version of what it depends on.
  for (const version of ['1.0.0', '2.1.0']) {
    await put(`@acme/echo-${version}`, {
      'package.json': packageJson('@acme/echo', version),
      'index.js': `
        import { defineSource } from 'sluice/sdk'
        import { text } from 'sluice/sdk/config'
        export const plugins = [defineSource({
          class: 'acme.EchoSourceConnector', taskClass: 'acme.EchoSourceTask', version: '${version}', title: 'Echo',
          summary: 'Echoes.', system: 'echo', example: {}, config: { topic: text({ doc: 'Where to.', importance: 'high' }) },
          load: async () => ({
            createConnector: () => ({
              taskConfigs: async () => [{ says: (await import('greeting')).default }],
              async [Symbol.asyncDispose]() {},
            }),
            createTask() { throw new Error('not asked for here') },
          }),
        })]`,
      'node_modules/greeting/package.json': JSON.stringify({ name: 'greeting', main: 'index.cjs' }),
      'node_modules/greeting/index.cjs': `module.exports = 'greeting of ${version}'`,
    })
  }
  await put('throws', { 'package.json': packageJson('throws'), 'index.js': `throw new Error('no licence')` })
  await put('needs', { 'package.json': packageJson('needs'), 'index.js': `import 'what-is-not-installed'` })
  await put('empty', { 'package.json': packageJson('empty'), 'index.js': `export const answer = 42` })
  await put('half', {
    'package.json': packageJson('half'),
    'index.js': `import { defineSink } from 'sluice/sdk'; export default defineSink({ class: 'H', version: '1', config: {} })`,
  })
  for (const [name, said] of [
    ['sometimes', `exactlyOnce: 'supported'`],
    ['few', `tasks: 'few'`],
  ] as const) {
    await put(name, {
      'package.json': packageJson(name),
      'index.js': `
        import { defineSource } from 'sluice/sdk'
        export default defineSource({ class: 'S', version: '1', config: {}, taskClass: 'T', load() {}, ${said} })`,
    })
  }
  await put('again', {
    'package.json': packageJson('again'),
    'index.js': `export { plugins } from '../@acme/echo-1.0.0/index.js'`,
  })
  await put('outside', { 'package.json': JSON.stringify({ sluice: { plugins: '../../x.js' } }) })
  await put('unreadable', { 'package.json': '{' })
  await put('jars', { 'some.jar': '' })
  await put('a-dependency', { 'package.json': JSON.stringify({ name: 'a-dependency' }) })
  host = await createPluginPool({
    entry: shipped,
    threads: 1,
    worker: { 'bootstrap.servers': '127.0.0.1:1', 'plugin.path': `${path}, ${join(path, 'not-there')}` },
    offsets: noOffsets,
    ensureCurrent: async () => undefined,
    events: {
      connectorState: () => undefined,
      connectorProgress: () => undefined,
      taskState: () => undefined,
      reconfigure: () => undefined,
      configStale: () => undefined,
      activeTopic: () => undefined,
      recordsLeftOut: () => undefined,
      measured: () => undefined,
      progress: () => undefined,
      log: () => undefined,
    },
    clock: systemClock,
    logger: quietLogger,
  })
})
afterAll(async () => {
  await host?.[Symbol.asyncDispose]()
  await rm(path, { recursive: true })
})

const packageJson = (name: string, version = '1.0.0') =>
  JSON.stringify({ name, version, type: 'module', sluice: { plugins: './index.js' } })

async function put(folder: string, files: Record<string, string>) {
  for (const [name, text] of Object.entries(files)) {
    const file = join(path, folder, name)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }
}

const facts: WorkerFacts = {
  groupId: null,
  converters: {
    'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'header.converter': 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
  },
  overrides: { policy: 'All', allowlist: [] },
  exactlyOnceEnabled: false,
}
const echo = (version?: string) => ({
  name: 'e',
  topic: 't',
  'connector.class': 'EchoSource',
  ...(version && { 'connector.plugin.version': version }),
})

test('packages are found with their plugins, and those of others are left alone', () => {
  const usable = host.packages().filter(({ problem }) => problem === undefined)
  expect(usable).toEqual([
    {
      name: '@acme/echo',
      version: '1.0.0',
      folder: join(path, '@acme/echo-1.0.0'),
      plugins: ['acme.EchoSourceConnector'],
    },
    {
      name: '@acme/echo',
      version: '2.1.0',
      folder: join(path, '@acme/echo-2.1.0'),
      plugins: ['acme.EchoSourceConnector'],
    },
    {
      ...{ name: 'sluice-ticker', version: '1.0.0', folder: join(path, 'ticker') },
      plugins: ['com.example.NotesSinkConnector', 'com.example.Origin', 'com.example.TickerSourceConnector'],
    },
  ])
  expect(host.definitions().filter(({ class: name }) => name === 'acme.EchoSourceConnector')).toHaveLength(2)
  expect(host.definitions().some(({ class: name }) => name.endsWith('FileStreamSourceConnector'))).toBe(true)
})

test('each package that cannot be used says why', () => {
  const problems = host
    .packages()
    .flatMap(({ folder, problem }) => (problem ? [[folder.slice(path.length + 1), problem]] : []))
  expect(Object.fromEntries(problems)).toEqual({
    again: expect.stringContaining('acme.EchoSourceConnector 1.0.0 is there already'),
    empty: expect.stringContaining('exports no plugin'),
    few: "S 1 says tasks: 'few', which has to be 'one' or 'many'.",
    sometimes: "S 1 says exactlyOnce: 'supported', which has to be 'SUPPORTED' or 'UNSUPPORTED'.",
    half: expect.stringContaining('H 1 has no taskClass'),
    needs: expect.stringContaining('what-is-not-installed'),
    outside: expect.stringContaining('lies outside of the package'),
    throws: 'no licence',
    unreadable: expect.stringContaining('package.json cannot be read'),
    'not-there': 'There is no such folder.',
  })
})

describe('of several versions', () => {
  test.each([
    [undefined, '2.1.0'],
    ['latest', '2.1.0'],
    ['1.0.0', '1.0.0'],
    ['[1.0,2.0)', '1.0.0'],
    ['[1.0,3.0)', '2.1.0'],
  ])('%s runs %s, with its own dependencies', async (spec, version) => {
    const infos = await host.validate(echo(spec), facts)
    expect(infos.errorCount).toBe(0)
    await host.startConnector({ name: 'e', config: echo(spec), target: 'STARTED', generation: 0 })
    const { configs } = await host.taskConfigs('e')
    await host.stopConnector('e', 1_000)
    expect(configs).toEqual([{ says: `greeting of ${version}` }])
  })

  test('one that is not there is an error of validation and of the start', async () => {
    const infos = await host.validate(echo('[7.0,8.0)'), facts)
    const wrong = infos.configs.filter(({ value }) => value.errors.length > 0).map(({ value }) => value.name)
    expect(wrong).toEqual(expect.arrayContaining(['connector.class', 'connector.plugin.version']))
    const start = host.startConnector({ name: 'e', config: echo('[7.0,8.0)'), target: 'STARTED', generation: 0 })
    await expect(start).rejects.toMatchObject({ code: 'PLUGIN_NOT_FOUND' })
    await host.stopConnector('e', 1_000)
  })
})
