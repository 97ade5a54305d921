import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import { ask, askSettled, inState, taskInState } from '#e2e/harness/rest.ts'
import { readTopic, readWhole } from '#e2e/harness/topic.ts'
import { eventually } from '#e2e/start/eventually.ts'
import { type FakeVault, startFakeVault } from '#server/providers/test-tree/fake-vault.ts'

const canary = `canary-${crypto.randomUUID()}`
const classes = 'org.apache.kafka.common.config.provider'
let cluster: Cluster
let vault: FakeVault
let url: string
let folder: string
let inVault = ''
let vaultHangs = false

const secretFile = () => join(folder, 'secret.properties')

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-e2e-secrets-'))
  mkdirSync(join(folder, canary))
  const input = join(folder, canary, 'input.txt')
  writeFileSync(input, 'one\n')
  writeFileSync(secretFile(), `token=hvs.${canary}\ninput=${input}\nfolder=${join(folder, canary)}\n`)
  vault = await startFakeVault(({ path, token }) => {
    if (path === 'secret/data/hung')
      return vaultHangs ? 'silence' : { status: 200, body: { data: { data: { file: inVault } } } }
    if (token !== `hvs.${canary}`) return { status: 403, body: { errors: ['permission denied'] } }
    if (path !== 'secret/data/orders') return { status: 404, body: { errors: [] } }
    return { status: 200, body: { data: { data: { file: inVault } } } }
  })
  process.env.SLUICE_E2E_TOPIC = 'from-env'
  process.env.SLUICE_E2E_FLUSH = '1000'
  cluster = await startCluster({
    properties: {
      'config.providers': 'file,env,vault',
      'config.providers.file.class': `${classes}.FileConfigProvider`,
      'config.providers.file.param.allowed.paths': folder,
      'config.providers.env.class': `${classes}.EnvVarConfigProvider`,
      'config.providers.env.param.allowlist.pattern': 'SLUICE_E2E_.*',
      'config.providers.vault.class': 'VaultSecretProvider',
      'config.providers.vault.param.vault.addr': vault.address,
      'config.providers.vault.param.vault.token': `\${file:${secretFile()}:token}`,
      'config.providers.vault.param.secret.default.ttl': '1000',
      'config.providers.vault.param.vault.timeout.ms': '600000',
      'offset.flush.interval.ms': '${env:SLUICE_E2E_FLUSH}',
    },
  })
  url = cluster.workers[0]?.url ?? ''
})
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]()
  await vault?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

const create = (name: string, config: Record<string, string>) =>
  askSettled(url, 'PUT', `/connectors/${name}/config`, { 'connector.class': 'FileStreamSource', ...config })

/** Everything that the worker says of a connector, and what its config topic holds. */
async function told(name: string): Promise<string> {
  const paths = ['', '/config', '/tasks', '/status', '/offsets'].map((rest) => `/connectors/${name}${rest}`)
  const answers = [
    ...paths,
    '/connectors?expand=info&expand=status',
    `/sluice/v1/logs?connector=${name}&limit=500`,
  ].map(async (path) => JSON.stringify((await ask(url, 'GET', path)).body))
  const stored = await readWhole(cluster.bootstrapServers, `${cluster.group}-configs`)
  return [...(await Promise.all(answers)), ...stored.map(({ value }) => String(value))].join('\n')
}

test('a source finds its file and its topic through placeholders, and nobody is told what they stand for', async () => {
  const config = { file: `\${file:${secretFile()}:input}`, topic: '${env:SLUICE_E2E_TOPIC}-lines' }
  expect((await create('placed', config)).body.config).toMatchObject(config)
  await inState(url, 'placed', 'RUNNING')
  const [record] = await readTopic(cluster.bootstrapServers, 'from-env-lines', 1)
  expect(JSON.parse(String(record?.value))).toMatchObject({ payload: 'one' })
  const [task] = (await ask(url, 'GET', '/connectors/placed/tasks')).body
  expect(task.config).toMatchObject(config)
  const everything = await told('placed')
  expect(everything).toContain(config.file)
  // A source's offsets name its file: they are data, and neither shown nor stored as anything else.
  expect(everything.split('\n').filter((line) => line.includes(canary) && !line.includes('"position"'))).toEqual([])
})

test('what a failing task says is told without the secret', async () => {
  const file = `\${file:${secretFile()}:folder}`
  await create('failing', { 'connector.class': 'FileStreamSink', file, topics: 'from-env-lines' })
  await taskInState(url, 'failing', 'FAILED')
  const everything = await told('failing')
  expect(everything).toContain('[hidden]')
  expect(everything).not.toContain(canary)
  expect(cluster.workers[0]?.part.lines.join('\n')).not.toContain(canary)
})

test.each([
  ['a key that there is none of', () => `\${file:${secretFile()}:none}`, 'there is no value for this key'],
  ['a file outside allowed.paths', () => '${file:/etc/passwd:root}', 'The path /etc/passwd is not allowed'],
  ['a variable outside the allowlist', () => '${env:PATH}', 'there is no value for this key'],
  ['a secret that Vault has not', () => '${vault:secret/none:a}', 'Vault answered 404 to GET secret/data/none'],
])('%s is an error at its key', async (_, file, message) => {
  const config = { 'connector.class': 'FileStreamSource', name: 'bad', topic: 't', file: file() }
  const path = '/connector-plugins/FileStreamSource/config/validate'
  const { body } = await ask(url, 'PUT', path, config)
  expect(body.error_count).toBe(1)
  const key = body.configs.find((info: { value: { name: string } }) => info.value.name === 'file')
  expect(key.value).toMatchObject({ value: file(), errors: [expect.stringContaining(message)] })
  expect(key.value.errors[0]).toContain(`Could not resolve ${file()}`)
  const refused = await ask(url, 'POST', '/connectors', { name: 'bad', config })
  expect(refused).toMatchObject({ status: 400, body: { message: expect.stringContaining(message) } })
})

test('a secret that changes in Vault restarts what uses it, and none of both is told', async () => {
  const [first, second] = [1, 2].map((n) => join(folder, canary, `vault-${n}.txt`)) as [string, string]
  writeFileSync(first, 'from the first\n')
  writeFileSync(second, 'from the second\n')
  inVault = first
  await create('rotated', { file: '${vault:secret/orders:file}', topic: 'rotated' })
  await readTopic(cluster.bootstrapServers, 'rotated', 1)
  inVault = second
  const records = await readTopic(cluster.bootstrapServers, 'rotated', 2)
  expect(records.map(({ value }) => JSON.parse(String(value)).payload)).toEqual(['from the first', 'from the second'])
  appendFileSync(second, 'and more\n')
  await readTopic(cluster.bootstrapServers, 'rotated', 3)
  const logged = JSON.stringify((await ask(url, 'GET', '/sluice/v1/logs?connector=rotated&limit=500')).body)
  expect(logged).toContain('has changed or ended: it starts again')
  expect(logged).not.toContain(canary)
})

test('I9: what waits for a provider that never answers is stalled with that, holds up nobody, and is restarted, stopped and deleted', async () => {
  inVault = join(folder, canary, 'vault-hung.txt')
  writeFileSync(inVault, 'one\n')
  const config = { file: '${vault:secret/hung:file}', topic: 'hung', 'sluice.stall.interval.ms': '1000' }
  await create('hung', config)
  await inState(url, 'hung', 'RUNNING')
  vaultHangs = true
  expect((await ask(url, 'POST', '/connectors/hung/restart?includeTasks=true')).status).toBe(202)
  const stalls = async () => (await ask(url, 'GET', '/sluice/v1/stalls')).body as { connector: string; task?: number }[]
  const both = await eventually(async () => ((await stalls()).length === 2 ? await stalls() : undefined), {
    withinMs: 20_000,
    what: 'connector and task to be stalled',
  })
  const reason = 'the config provider has not answered for ${vault:secret/hung:…}'
  for (const stall of both) expect(stall).toMatchObject({ connector: 'hung', stage: 'resolve', reason })
  expect(both.map(({ task }) => task).toSorted()).toEqual([0, undefined])
  const input = `\${file:${secretFile()}:input}`
  await create('beside', { file: input, topic: 'beside' })
  await inState(url, 'beside', 'RUNNING')
  expect((await ask(url, 'POST', '/connectors/hung/tasks/0/restart')).status).toBe(204)
  expect((await ask(url, 'PUT', '/connectors/hung/stop')).status).toBe(204)
  await inState(url, 'hung', 'STOPPED', 0)
  expect(await stalls()).toEqual([])
  expect((await ask(url, 'PUT', '/connectors/hung/resume')).status).toBe(202)
  await eventually(async () => ((await stalls()).length > 0 ? true : undefined), {
    withinMs: 20_000,
    what: 'it to be stalled again',
  })
  expect((await ask(url, 'DELETE', '/connectors/hung')).status).toBe(204)
  await eventually(async () => ((await stalls()).length === 0 ? true : undefined), {
    withinMs: 5_000,
    what: 'nothing to be stalled',
  })
})
