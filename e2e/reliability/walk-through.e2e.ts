import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import { ask, askSettled, inState } from '#e2e/harness/rest.ts'
import { arrives, linesOf } from '#e2e/reliability/file-pair.ts'

const recorded = readFileSync(join(import.meta.dirname, '../rest/testdata/configdef.jsonl'), 'utf8')

/** The keys that Kafka Connect names for a config without a fault, in its order. */
function definitionsIn(id: string): string[] {
  const line = recorded.split('\n').find((text) => text.startsWith(`{"id":"${id}"`)) ?? '{}'
  return namesOf(JSON.parse(line).responseJson.configs)
}

const namesOf = (configs: { definition: { name: string } }[]) => configs.map(({ definition }) => definition.name)

let cluster: Cluster
let folder: string
let url: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-walk-'))
  cluster = await startCluster({
    workers: 2,
    properties: {
      'config.providers': 'file',
      'config.providers.file.class': 'org.apache.kafka.common.config.provider.FileConfigProvider',
    },
  })
  url = cluster.workers[1]?.url ?? ''
})
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

test('R-D13: from the list of plugins to the last delete, every answer is the one that scripts expect', async () => {
  const { body: plugins } = await ask(url, 'GET', '/connector-plugins')
  const classes = plugins.map((plugin: { class: string }) => plugin.class)
  for (const end of ['Source', 'Sink'])
    expect(classes).toContain(`org.apache.kafka.connect.file.FileStream${end}Connector`)

  const external = join(folder, 'topic.properties')
  const topic = `${cluster.group}-walk`
  writeFileSync(external, `topic=${topic}\n`)
  const placeholder = `\${file:${external}:topic}`
  const [from, next, to] = ['in.txt', 'next.txt', 'out.txt'].map((name) => cluster.file(name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(from, 'first\n')
  writeFileSync(next, 'from the next file\n')
  const source = {
    name: 'source',
    'connector.class': 'FileStreamSource',
    'tasks.max': '1',
    file: from,
    topic: placeholder,
  }
  const sink = { name: 'sink', 'connector.class': 'FileStreamSink', 'tasks.max': '1', file: to, topics: placeholder }
  const text = { 'value.converter': 'org.apache.kafka.connect.storage.StringConverter' }
  const all = [
    { ...source, ...text },
    { ...sink, ...text },
  ]

  for (const [n, config] of [source, sink].entries()) {
    const path = `/connector-plugins/${config['connector.class']}/config/validate`
    const { status, body } = await ask(url, 'PUT', path, config)
    expect({ status, errors: body.error_count, name: body.name }).toEqual({
      status: 200,
      errors: 0,
      name: config['connector.class'],
    })
    expect(namesOf(body.configs)).toEqual(definitionsIn(`configdef/${57 + n}`))
  }

  expect((await ask(url, 'GET', '/connectors')).body).toEqual([])
  for (const config of all) {
    expect(await askSettled(url, 'POST', '/connectors', { name: config.name, config })).toMatchObject({ status: 201 })
    expect(await askSettled(url, 'POST', '/connectors', { name: config.name, config })).toMatchObject({
      status: 409,
      body: { error_code: 409, message: `Connector ${config.name} already exists` },
    })
    await inState(url, config.name, 'RUNNING')
  }
  expect((await ask(url, 'GET', '/connectors')).body.toSorted()).toEqual(['sink', 'source'])
  for (const worker of cluster.workers) {
    for (const config of all) {
      const type = config.name
      const tasks = [{ connector: config.name, task: 0 }]
      const at = (rest = '') => ask(worker.url, 'GET', `/connectors/${config.name}${rest}`)
      expect((await at()).body).toEqual({ name: config.name, config, tasks, type })
      expect((await at('/config')).body).toEqual(config)
      const [task] = (await at('/tasks')).body
      expect(task).toMatchObject({
        id: tasks[0],
        config: { ...config, 'task.class': expect.stringContaining('FileStream') },
      })
    }
  }
  await arrives(to, 'first')

  const changed = { ...all[0], file: next }
  expect(await askSettled(url, 'PUT', '/connectors/source/config', changed)).toMatchObject({
    status: 200,
    body: { config: changed },
  })
  await arrives(to, 'from the next file')
  expect(linesOf(to)).toEqual(['first', 'from the next file'])

  for (const name of ['source', 'sink']) {
    expect(await askSettled(url, 'DELETE', `/connectors/${name}`)).toMatchObject({ status: 204, body: undefined })
    expect(await askSettled(url, 'DELETE', `/connectors/${name}`)).toMatchObject({ status: 404 })
  }
  for (const worker of cluster.workers) expect((await ask(worker.url, 'GET', '/connectors')).body).toEqual([])
})
