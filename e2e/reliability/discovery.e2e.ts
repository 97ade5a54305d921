import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import { healthy } from '#e2e/harness/connect-worker.ts'
import { ask } from '#e2e/harness/rest.ts'
import { startSluiceWorker } from '#e2e/harness/sluice-worker.ts'

const template = fileURLToPath(new URL('../../templates/connector', import.meta.url))

let kafka: Cluster
let plugins: string

beforeAll(async () => {
  kafka = await startCluster({ workers: 0 })
  plugins = kafka.file('plugins')
  cpSync(template, join(plugins, 'ticker'), { recursive: true })
  // What a worker of the JVM keeps on the same path, and what has not been migrated: its manifest names nothing.
  mkdirSync(join(plugins, 'jars'))
  writeFileSync(join(plugins, 'jars', 'some-connector.jar'), '')
  mkdirSync(join(plugins, 'unmigrated'))
  writeFileSync(join(plugins, 'unmigrated', 'package.json'), '{"name":"unmigrated","sluice":{"plugins":"./none.js"}}')
})
afterAll(() => kafka?.[Symbol.asyncDispose]())

const start = (mode: string, eager = false) =>
  startSluiceWorker({
    bootstrapServers: kafka.bootstrapServers,
    group: `${kafka.group}-${mode}`,
    folder: kafka.folder,
    eager,
    properties: { 'plugin.path': plugins, 'plugin.discovery': mode },
  })

async function found(mode: string) {
  await using worker = await start(mode)
  const { body: listed } = await ask(worker.url, 'GET', '/connector-plugins?connectorsOnly=false')
  const { body: packages } = await ask(worker.url, 'GET', '/sluice/v1/plugins')
  return { listed, packages, said: worker.part.lines.join('\n') }
}

/** The last words of a worker that does not start. */
const refused = (mode: string) =>
  start(mode, true).then(async ({ url, part }) => {
    const outcome = await Promise.race([part.gone, healthy(url, part).then(() => 'it started')])
    await part.stop()
    return outcome ?? part.lines.join('\n')
  }, String)

test('R-D16: every mode of plugin.discovery finds the same plugins, and tells of what it cannot use', async () => {
  const all = []
  for (const mode of ['only_scan', 'hybrid_warn', 'SERVICE_LOAD']) {
    const { listed, packages, said } = await found(mode)
    expect(said).toContain(`The plugin package in ${join(plugins, 'unmigrated')} cannot be used`)
    expect(packages).toMatchObject([
      { name: 'sluice-ticker', plugins: expect.arrayContaining(['com.example.TickerSourceConnector']) },
      { folder: join(plugins, 'unmigrated'), plugins: [], problem: './none.js does not exist.' },
    ])
    all.push(listed)
  }
  expect(all[0].map((plugin: { class: string }) => plugin.class)).toContain('com.example.TickerSourceConnector')
  expect(all[1]).toEqual(all[0])
  expect(all[2]).toEqual(all[0])
})

test('R-D16: under hybrid_fail a worker starts only when everything that it finds can be used', async () => {
  expect(await refused('hybrid_fail')).toContain(
    `One or more packages on plugin.path cannot be used, and plugin.discovery is hybrid_fail: [${join(plugins, 'unmigrated')}: ./none.js does not exist.]`,
  )
  rmSync(join(plugins, 'unmigrated'), { recursive: true })
  const { listed } = await found('hybrid_fail')
  expect(listed.map((plugin: { class: string }) => plugin.class)).toContain('com.example.NotesSinkConnector')
})

test('R-D16: a mode that there is not is refused in the words of Kafka Connect', async () => {
  expect(await refused('everything')).toContain(
    'Invalid value everything for configuration plugin.discovery: String must be one of (case insensitive): ',
  )
})
