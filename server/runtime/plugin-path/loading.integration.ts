import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createPluginPool } from '#server/runtime/pool/plugin-pool.ts'
import { noOffsets } from '#server/runtime/test-tree/no-offsets.ts'

const loadWithinMs = 1_500

let path: string
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'sluice-loading-'))
})
afterEach(() => rm(path, { recursive: true }))

async function put(name: string, code: string) {
  await mkdir(join(path, name))
  const described = { name, version: '1.0.0', type: 'module', sluice: { plugins: './index.js' } }
  await writeFile(join(path, name, 'package.json'), JSON.stringify(described))
  await writeFile(join(path, name, 'index.js'), code)
}

const plugin = (name: string, before = '') => `
  import { existsSync } from 'node:fs'
  import { defineSource } from 'sluice/sdk'
  ${before}
  export const plugins = [defineSource({
    class: 'acme.${name}', taskClass: 'acme.Task', version: '1.0.0', title: '${name}', summary: 'Is there.', system: 'none',
    example: {}, config: {},
    load: async () => ({
      createConnector: () => ({ taskConfigs: () => [{ by: '${name}' }], async [Symbol.asyncDispose]() {} }),
      createTask() { throw new Error('not asked for here') },
    }),
  })]`

function open(more: { lines?: string[]; signal?: AbortSignal } = {}) {
  const error = (message: string) => void more.lines?.push(message)
  const logger = { ...quietLogger, child: () => logger, error }
  return createPluginPool({
    entry: new URL('../../bin/pool-thread.mjs', import.meta.url),
    threads: 1,
    loadWithinMs,
    ...(more.signal && { signal: more.signal }),
    worker: { 'bootstrap.servers': '127.0.0.1:1', 'plugin.path': path },
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
    logger,
  })
}

test('I9: packages that spin, end their thread or never finish are named, and all others come up', async () => {
  const spinning = ['spins-1', 'spins-2', 'spins-3']
  await put('ends', 'process.exit(7)')
  await put('good', plugin('Good'))
  await put('crashes', 'await new Promise(() => setImmediate(() => { throw new Error("no licence") }))')
  for (const name of spinning) await put(name, 'for (;;);')
  await put('waits', 'await new Promise(() => setInterval(() => undefined, 1_000))')
  const lines: string[] = []
  await using host = await open({ lines })
  const problems = Object.fromEntries(host.packages().map(({ name, problem }) => [name, problem]))
  const tooLong = expect.stringContaining('did not finish')
  expect(problems).toEqual({
    crashes: expect.stringMatching(/^Its thread was lost while it was being loaded\. Error: no licence$/),
    ends: 'Its thread was lost while it was being loaded. It exited with code 7.',
    good: undefined,
    ...Object.fromEntries(spinning.map((name) => [name, tooLong])),
    waits: tooLong,
  })
  const unusable = lines.filter((line) => line.includes('cannot be used'))
  expect(unusable.map((line) => line.match(/package in (\S+)/)?.[1])).toHaveLength(6)
  expect(new Set(unusable).size).toBe(6)
  const config = { name: 'g', 'connector.class': 'Good' }
  await host.startConnector({ name: 'g', config, target: 'STARTED', generation: 0 })
  expect((await host.taskConfigs('g')).configs).toEqual([{ by: 'Good' }])
})

test('a package that gets stuck only later is left out by the threads that come then', async () => {
  const mark = join(path, 'stuck')
  await put('moody', plugin('Moody', `if (existsSync('${mark}')) for (;;);`))
  await using host = await open()
  expect(host.packages()).toMatchObject([{ name: 'moody', plugins: ['acme.Moody'] }])
  await writeFile(mark, '')
  // The first that runs on a thread of its own.
  const config = { name: 'f', 'connector.class': 'FileStreamSource', topic: 't' }
  expect((await host.testConnection(config)).steps).not.toEqual([])
  expect(host.packages()).toMatchObject([
    { name: 'moody', version: '1.0.0', plugins: [], problem: expect.stringContaining('did not finish') },
  ])
})

test('whoever gives up while a package spins waits for nothing', async () => {
  await put('spins', 'for (;;);')
  const lines: string[] = []
  const stop = new AbortController()
  const opening = open({ lines, signal: stop.signal })
  stop.abort(new Error('asked to stop'))
  await expect(opening).rejects.toThrow('asked to stop')
  expect(lines).toEqual([])
})
