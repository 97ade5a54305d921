import { execFile } from 'node:child_process'
import { globSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createTRPCClient, httpLink } from '@trpc/client'
import { Kafka, logLevel } from 'kafkajs'
import superjson from 'superjson'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, askSettled, taskInState } from '#e2e/harness/rest.ts'
import { readWhole } from '#e2e/harness/topic.ts'
import { canary, leaks } from '#e2e/start/canaries.ts'
import { eventually } from '#e2e/start/eventually.ts'
import { newPlace, type SluicePlace, type SluiceProcess, startSluice } from '#e2e/start/sluice-process.ts'
import { apiPath } from '#server/console/web/server.ts'
import { eventKinds } from '#server/contract/events.ts'
import { recordFormats } from '#server/contract/topics.ts'
import type { AppRouter } from '#server/trpc/root.ts'

const provided = canary('provided')
const typed = {
  pin: canary('pin'),
  url: canary('url'),
  query: canary('query'),
  jaas: canary('jaas'),
  key: canary('key'),
}
const all = [provided, ...Object.values(typed)]

let place: SluicePlace
let sluice: SluiceProcess
let workers: [string, string]
const answers: { what: string; text: string }[] = []

const said = async (what: string, answer: Promise<{ body: unknown }>) => {
  const { body } = await answer
  answers.push({ what, text: typeof body === 'string' ? body : JSON.stringify(body ?? '') })
}

beforeAll(async () => {
  place = await newPlace()
  const secrets = join(dirname(place.dataDir), 'secrets.properties')
  writeFileSync(secrets, `code=${provided.replace('ü', '\\u00fc')}\n`)
  const provider = 'org.apache.kafka.common.config.provider.FileConfigProvider'
  sluice = startSluice({
    ...place.env,
    CONNECT_PLUGIN_PATH: join(import.meta.dirname, 'testdata'),
    CONNECT_CONFIG_PROVIDERS: 'file',
    CONNECT_CONFIG_PROVIDERS_FILE_CLASS: provider,
    CONNECT_CONFIG_PROVIDERS_FILE_PARAM_ALLOWED_PATHS: dirname(secrets),
  })
  await sluice.line(/^Open /)
  const [first = ''] = [place.rest]
  workers = [first, first.replace(/\d+$/, (port) => String(Number(port) + 1))]
  for (const where of ['connector', 'task', 'nowhere']) {
    const { status, body } = await askSettled(first, 'PUT', `/connectors/${where}/config`, configOf(where))
    expect({ status, body }).toMatchObject({ status: 201 })
  }
  await taskInState(first, 'task', 'FAILED')
  await eventually(
    async () => {
      const { body } = await ask(first, 'GET', '/connectors/connector/status')
      return body.connector?.state === 'FAILED' || undefined
    },
    { withinMs: 30_000, what: 'the connector has failed' },
  )
})
afterAll(() => sluice?.[Symbol.asyncDispose]())

const enc = encodeURIComponent
const configOf = (where: string) => ({
  'connector.class': 'LeakySource',
  'tasks.max': '1',
  topic: `leaky-${where}`,
  where,
  pin: typed.pin,
  code: `\${file:${join(dirname(place.dataDir), 'secrets.properties')}:code}`,
  'connection.url': `jdbc:postgresql://ada:${enc(typed.url)}@db.example:5432/shop?ssl=true&password=${enc(typed.query)}`,
  login: `org.example.LoginModule required username="ada" password="${typed.jaas.replaceAll('"', '\\"')}";`,
  'unknown.api.key': typed.key,
  'sluice.restart.policy': 'never',
})

const names = ['connector', 'task', 'nowhere']

const ofWorker = [
  ...['/', '/health', '/metrics', '/admin/loggers', '/admin/loggers/root'],
  ...['/connectors', '/connectors?expand=status', '/connectors?expand=info&expand=status'],
  ...['/connector-plugins?connectorsOnly=false', '/connector-plugins/LeakySource/config'],
  ...['cluster', 'recoveries', 'timeline', 'logs?limit=1000', 'plugins', 'catalog'].map((own) => `/sluice/v1/${own}`),
]
const ofConnector = ['', '/config', '/status', '/tasks', '/tasks/0/status', '/tasks/9/status', '/topics', '/offsets']

/** The answers in which Kafka Connect shows a config as it was typed. */
const showsConfigs = /^(GET .*\/connectors\/\w+(\/config|\/tasks)?|GET .*expand=info.*|.* typed config)$/

test('S-09: no REST answer tells a secret that came from a provider, nor any but the config itself one that was typed', async () => {
  for (const worker of workers) {
    const get = (path: string) => said(`GET ${worker}${path}`, ask(worker, 'GET', path))
    for (const path of ofWorker) await get(path)
    for (const name of [...names, 'none']) {
      for (const rest of ofConnector) await get(`/connectors/${name}${rest}`)
      for (const rest of ['timeline', 'logs']) await get(`/sluice/v1/connectors/${name}/${rest}`)
    }
  }

  const worker = workers[1]
  const call = (method: string, path: string, body?: unknown) =>
    said(
      `${method} ${worker}${path} ${JSON.stringify(body ?? '').slice(0, 20)}`,
      askSettled(worker, method, path, body),
    )
  for (const where of ['errors', 'validate', 'nowhere']) {
    const config = { ...configOf(where), name: 'look' }
    for (const prefix of ['', '/sluice/v1']) {
      const path = `${prefix}/connector-plugins/LeakySource/config/validate`
      const { body } = await ask(worker, 'PUT', path, config)
      // A value is shown to whoever sent it, unless it is a PASSWORD; what is said of it is not.
      const values = body.configs?.flatMap(
        (info: { definition: { type: string } | null; value: { value: unknown } }) =>
          info.definition?.type === 'PASSWORD' ? [info.value.value] : [],
      )
      const errors = body.configs?.map(({ value }: { value: { errors: string[] } }) => value.errors)
      const text = JSON.stringify([values, errors, body.message])
      answers.push({ what: `PUT ${worker}${path} ${where}`, text })
    }
    await said(
      `PUT ${worker} test ${where}`,
      ask(worker, 'PUT', '/sluice/v1/connector-plugins/LeakySource/config/test', config),
    )
    await said(
      `PUT ${worker} preview ${where}`,
      ask(worker, 'PUT', '/sluice/v1/connector-plugins/LeakySource/config/preview', { config, limit: 1 }),
    )
  }
  const refused = { ...configOf('errors'), name: 'refused' }
  await call('POST', '/connectors', { name: 'refused', config: refused })
  await call('POST', '/connectors', { name: 'other', config: refused })
  await call('POST', '/connectors', { name: 'refused', config: { ...refused, 'connector.class': 'None' } })
  await call('POST', '/connectors', { name: 'refused', config: { ...refused, 'connector.class': undefined } })
  await call('POST', '/connectors', { name: 'task', config: configOf('task') })
  await call('PUT', '/connectors/refused/config', { ...refused, 'tasks.max': 'x' })
  await call('PUT', '/connectors/refused/config', { ...refused, 'producer.override.sasl.jaas.config': typed.jaas })
  await call('PUT', '/connectors/refused/config', `{"pin": "${typed.key}`)
  await call('PUT', '/connectors/refused/config', [typed.key])
  await call('PATCH', '/connectors/nowhere/config', { where: 'errors' })
  await call('POST', '/connectors/connector/restart')
  await call('POST', '/connectors/task/restart?includeTasks=true')
  await call('PATCH', '/connectors/nowhere/offsets', { offsets: [] })
  await call('PUT', '/admin/loggers/root', { level: 'NONE' })

  for (const { what, text } of answers) {
    expect({ what, leaks: leaks(text, showsConfigs.test(what) ? [provided] : all) }).toEqual({ what, leaks: [] })
  }
})

const told: string[] = []
const browser = () =>
  createTRPCClient<AppRouter>({
    links: [
      httpLink({
        url: place.console + apiPath,
        transformer: superjson,
        async fetch(target, init) {
          const response = await fetch(target, init as RequestInit)
          told.push(`${String(target).slice(0, 100)} ${await response.clone().text()}`)
          return response
        },
      }),
    ],
  })

test('S-09: the console tells no secret, whatever it is asked', async () => {
  const { cluster, clusters, connectors, history, plugins, topics, workers } = browser()
  const at = { cluster: 'local' }
  const config = configOf('errors')
  const saved = {
    slug: 'other',
    name: 'Other',
    workerUrls: [place.rest],
    kafka: { 'bootstrap.servers': place.broker, 'sasl.jaas.config': configOf('').login },
  }
  const questions: (() => Promise<unknown>)[] = [
    ...names.flatMap((name) => [
      () => connectors.get.query({ ...at, name }),
      () => connectors.offsets.query({ ...at, name }),
      () => connectors.recoveries.query({ ...at, name }),
      () => connectors.events.query({ ...at, connector: name, kinds: [...eventKinds], level: 'TRACE', limit: 500 }),
      () => connectors.policies.query({ ...at, name }),
      () => connectors.restart.mutate({ ...at, name, includeTasks: true, onlyFailed: false }),
    ]),
    () => connectors.list.query(at),
    () => connectors.create.mutate({ ...at, name: 'kept', config: configOf('nowhere') }),
    () => connectors.putConfig.mutate({ ...at, name: 'kept', config: { ...configOf('nowhere'), topic: 'other' } }),
    () => connectors.get.query({ ...at, name: 'kept' }),
    () => history.list.query({ ...at, name: 'kept' }),
    () => history.recent.query({ ...at, limit: 100 }),
    () => connectors.create.mutate({ ...at, name: 'refused', config }),
    // As the page does: what it was shown goes back, and the secrets are filled in behind it.
    ...['errors', 'validate', 'nowhere'].flatMap((where) => {
      const shown = async () => {
        const { info } = await connectors.get.query({ ...at, name: 'kept' })
        return { ...at, plugin: 'LeakySource', name: 'kept', config: { ...info.config, where } }
      }
      return [
        async () => connectors.validate.query(await shown()),
        async () => connectors.testConnection.mutate(await shown()),
        async () => connectors.preview.mutate({ ...(await shown()), limit: 1 }),
      ]
    }),
    () => clusters.save.mutate(saved),
    () => clusters.list.query(),
    () => cluster.info.query(at),
    () => cluster.view.query(at),
    () => workers.list.query(at),
    () => plugins.catalog.query(at),
    () => plugins.config.query({ ...at, plugin: 'LeakySource' }),
    () => topics.list.query(at),
    ...recordFormats.map((format) => {
      const query = { ...at, topic: 'sluice-configs', from: { at: 'oldest' as const }, limit: 200, format }
      return () => topics.read.query(query)
    }),
  ]
  let failures = 0
  for (const question of questions) await question().catch(() => failures++)
  expect(told.length).toBeGreaterThanOrEqual(questions.length)
  expect(failures).toBeLessThan(10)
  expect(told.flatMap((text) => leaks(text, all).map((secret) => `${secret} in ${text.slice(0, 3000)}`))).toEqual([])
})

test('S-09: the command line tells no secret but in the config that it is asked for', async () => {
  const main = fileURLToPath(new URL('../../server/bin/main.mjs', import.meta.url))
  const words = ['connectors', 'status connector', 'status task', 'logs task', 'restart task', 'status task --json']
  const file = join(dirname(place.dataDir), 'refused.json')
  writeFileSync(file, JSON.stringify({ name: 'refused', config: configOf('errors') }))
  const lines = [...words, `validate -f ${file}`, `create -f ${file}`, `apply -f ${file} --dry-run --json`]
  for (const line of lines) {
    const args = [main, ...line.split(' '), '--url', place.rest]
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args).catch((failed) => failed)
    const text = `${stdout}${stderr}`
    expect({ line, leaks: leaks(text, all), said: text !== '' }).toEqual({ line, leaks: [], said: true })
  }
})

test('S-09: no line, no topic and no file tells a secret but the configs that were stored', async () => {
  // What is stopped has its last words, which are no less telling.
  for (const name of names) await askSettled(place.rest, 'DELETE', `/connectors/${name}`)
  const kafka = new Kafka({ brokers: [place.broker], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const topics = await admin.listTopics().finally(() => admin.disconnect())
  expect(topics).toEqual(
    expect.arrayContaining(['sluice-status', 'sluice-configs', 'sluice-sluice-events', 'sluice-offsets', 'leaky-task']),
  )
  for (const topic of topics) {
    const records = await readWhole(place.broker, topic)
    const text = records.map((record) => JSON.stringify([record, String(record.key), String(record.value)])).join('\n')
    expect({ topic, leaks: leaks(text, topic === 'sluice-configs' ? [provided] : all) }).toEqual({ topic, leaks: [] })
  }
  expect(sluice.lines.flatMap((line) => leaks(line, all).map((secret) => `${secret} in ${line}`))).toEqual([])
  expect(await sluice.end('SIGTERM')).toBe(0)
  expect(sluice.lines.flatMap((line) => leaks(line, all).map((secret) => `${secret} in ${line}`))).toEqual([])
  for (const file of globSync('**', { cwd: place.dataDir }).map((name) => join(place.dataDir, name))) {
    if (!statSync(file).isFile()) continue
    const stored = file.includes('sluice-configs') ? [provided] : all
    expect({ file, leaks: leaks(readFileSync(file, 'utf8'), stored) }).toEqual({ file, leaks: [] })
  }
})
