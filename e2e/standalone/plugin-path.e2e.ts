import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import { healthy } from '#e2e/harness/connect-worker.ts'
import { ask, inState } from '#e2e/harness/rest.ts'
import { startSluiceWorker } from '#e2e/harness/sluice-worker.ts'
import { startStandalone } from '#e2e/harness/standalone.ts'
import { eventually } from '#e2e/start/eventually.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

let kafka: Cluster
beforeAll(async () => {
  kafka = await startCluster({ workers: 0 })
})
afterAll(() => kafka?.[Symbol.asyncDispose]())

test('the template runs as it is, from a folder of plugin.path', async () => {
  const plugins = kafka.file('plugins')
  cpSync(join(root, 'templates/connector'), join(plugins, 'ticker'), { recursive: true })
  await using worker = await startStandalone('sluice', {
    bootstrapServers: kafka.bootstrapServers,
    folder: kafka.folder,
    properties: { 'plugin.path': plugins },
  })
  const call = (method: string, path: string, body?: unknown) => ask(worker.url, method, path, body)
  const packages = (await call('GET', '/sluice/v1/plugins')).body
  expect(packages).toMatchObject([{ name: 'sluice-ticker', version: '1.0.0', folder: join(plugins, 'ticker') }])
  const keysOf = (version: string) => call('GET', `/connector-plugins/TickerSource/config?version=${version}`)
  expect((await keysOf('[1.0,2.0)')).body[0]).toMatchObject({ name: 'topic' })
  expect((await keysOf('7.0')).status).toBe(404)
  expect((await keysOf('[')).status).toBe(400)
  const topic = `${kafka.group}-ticks`
  const path = kafka.file('notes.txt')
  const source = {
    ...{ 'connector.class': 'TickerSource', topic, 'interval.ms': '5', count: '20' },
    ...{ transforms: 'from', 'transforms.from.type': 'com.example.Origin', 'transforms.from.header': 'origin' },
  }
  const sink = { 'connector.class': 'com.example.NotesSinkConnector', topics: topic, path }
  expect((await call('PUT', '/connectors/ticks/config', { ...source, count: 'many' })).status).toBe(400)
  expect((await call('PUT', '/connectors/ticks/config', source)).body.type).toBe('source')
  expect((await call('PUT', '/connectors/notes/config', sink)).body.type).toBe('sink')
  await inState(worker.url, 'ticks', 'RUNNING')
  const lines = () => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [])
  await eventually(async () => lines().length >= 20 || undefined, { withinMs: 30_000, what: 'twenty lines' })
  expect(lines()).toEqual(Array.from({ length: 20 }, (_, n) => String(n)))
})

test("the template's own tests pass where somebody copied it to", () => {
  const folder = kafka.file('mine')
  cpSync(join(root, 'templates/connector'), folder, { recursive: true })
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules/sluice'))
  symlinkSync(join(root, 'node_modules/vitest'), join(folder, 'node_modules/vitest'))
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const report = join(folder, 'report.json')
  const args = [vitest, 'run', '--root', folder, '--reporter=json', `--outputFile=${report}`]
  const { stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  const said = JSON.parse(readFileSync(report, 'utf8'))
  expect(said, stderr).toMatchObject({ success: true, numFailedTests: 0, numPendingTests: 0 })
  expect(said.numPassedTests).toBeGreaterThan(5)
})

test('I9: a worker comes up beside a package that spins, and can be stopped while that is being loaded', async () => {
  const plugins = kafka.file('spinning')
  mkdirSync(join(plugins, 'spins'), { recursive: true })
  const described = { name: 'spins', version: '1.0.0', type: 'module', sluice: { plugins: './index.js' } }
  writeFileSync(join(plugins, 'spins/package.json'), JSON.stringify(described))
  writeFileSync(join(plugins, 'spins/index.js'), 'for (;;);')
  const { bootstrapServers, group, folder } = kafka
  const start = () =>
    startSluiceWorker({ bootstrapServers, group, folder, properties: { 'plugin.path': plugins }, eager: true })

  const stopped = await start()
  const loads = async () => (await ask(stopped.url, 'GET', '/health')).body.message?.includes('loading') || undefined
  await eventually(loads, { withinMs: 30_000, what: 'the worker loads its plugins' })
  await stopped.part.stop()
  expect(stopped.part.exitCode).toBe(0)
  // It did not wait until the package was given up.
  expect(stopped.part.lines.filter((line) => line.includes('spins'))).toEqual([])

  await using worker = await start()
  await healthy(worker.url, worker.part)
  expect((await ask(worker.url, 'GET', '/sluice/v1/plugins')).body).toMatchObject([
    { name: 'spins', plugins: [], problem: expect.stringContaining('did not finish within 10000 ms') },
  ])
  expect(worker.part.lines.join('\n')).toContain(`The plugin package in ${join(plugins, 'spins')} cannot be used`)
})
