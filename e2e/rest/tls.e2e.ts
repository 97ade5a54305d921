import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '#e2e/harness/free-port.ts'
import { startPart } from '#e2e/harness/sluice-part.ts'
import { workerProperties, writeProperties } from '#e2e/harness/worker-properties.ts'
import { eventually } from '#e2e/start/eventually.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'
import { type Certificates, makeCertificates, storePassword } from '#server/kafka/testdata/certificates.ts'

const lifecycle = createLifecycle()
let made: Certificates
let folder: string
/** One with PEM that asks for certificates of clients, one with PKCS #12 and a second listener without TLS. */
let strict: string
let open: string
let plain: string
let admin: string

beforeAll(async () => {
  made = makeCertificates()
  lifecycle.defer(() => made[Symbol.dispose]())
  folder = mkdtempSync(join(tmpdir(), 'sluice-tls-'))
  lifecycle.defer(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'in.txt'), 'one\n')
  writeFileSync(join(folder, 'credentials.properties'), 'alice=secret\n')
  const module = `org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule`
  const jaas = `KafkaConnect {\n  ${module} required\n  file="${join(folder, 'credentials.properties')}";\n};\n`
  writeFileSync(join(folder, 'jaas.conf'), jaas)

  const port = async () => `127.0.0.1:${await freePort()}`
  const broker = await port()
  const brokerArgs = [`--broker.port=${broker.split(':')[1]}`, `--sluice.data.dir=${join(folder, 'broker')}`]
  lifecycle.own(await startPart(['broker', ...brokerArgs]))
  ;[strict, open, plain, admin] = [await port(), await port(), await port(), await port()]
  const shared = {
    'rest.extension.classes': 'org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension',
    'java.security.auth.login.config': join(folder, 'jaas.conf'),
    'rest.advertised.listener': 'https',
  }
  const pem = (name: string) => join(made.directory, name)
  writeFileSync(join(folder, 'key-and-chain.pem'), made.pem('key.pem') + made.pem('cert.pem'))
  await startWorker(strict, broker, {
    ...shared,
    listeners: `https://${strict}`,
    'listeners.https.ssl.keystore.type': 'PEM',
    'listeners.https.ssl.keystore.location': join(folder, 'key-and-chain.pem'),
    'listeners.https.ssl.truststore.type': 'PEM',
    'listeners.https.ssl.truststore.location': pem('ca.pem'),
    'listeners.https.ssl.client.auth': 'required',
  })
  await startWorker(open, broker, {
    ...shared,
    listeners: `http://${plain},https://${open}`,
    'admin.listeners': `https://${admin}`,
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': made.keyStore,
    'ssl.keystore.password': storePassword,
    'ssl.truststore.type': 'PKCS12',
    'ssl.truststore.location': made.trustStore,
    'ssl.truststore.password': storePassword,
    'access.control.allow.origin': 'https://console.example',
    'response.http.headers.config': 'add X-Frame-Options: DENY',
  })
})
afterAll(() => lifecycle[Symbol.asyncDispose]())

async function startWorker(id: string, broker: string, properties: Record<string, string>): Promise<void> {
  const file = join(folder, `${id.split(':')[1]}.properties`)
  const data = { 'sluice.data.dir': join(folder, `data-${id.split(':')[1]}`) }
  writeProperties(file, { ...workerProperties(id, broker, 'connect-tls'), ...data, ...properties })
  const { lines } = lifecycle.own(await startPart(['worker', file]))
  await eventually(async () => ((await ask(id, 'GET', '/health')).status === 200 ? true : undefined), {
    withinMs: 30_000,
    what: `${id} becomes healthy`,
  }).catch((cause: unknown) => {
    throw new Error(`${id} does not become healthy:\n${lines.slice(-20).join('\n')}`, { cause })
  })
}

interface Asked {
  body?: unknown
  /** Absent: `alice:secret`. */
  login?: string | null
  /** Absent: with a certificate. */
  anonymous?: boolean
  headers?: Record<string, string>
}

function ask(worker: string, method: string, path: string, { body, login = 'alice:secret', ...more }: Asked = {}) {
  const identity = more.anonymous ? {} : { key: made.pem('key.pem'), cert: made.pem('cert.pem') }
  const headers = {
    ...(login !== null && { authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...more.headers,
  }
  const agent = new Agent({ ca: made.pem('ca.pem'), ...identity })
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON came, and says what it should have been
  return new Promise<{ status: number; headers: Headers; body: any }>((resolve, reject) => {
    const sent = request(`https://${worker}${path}`, { method, headers, agent }, async (response) => {
      const text = (await response.toArray()).join('')
      const answered = new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)]))
      const json = text.startsWith('{') || text.startsWith('[')
      resolve({ status: response.statusCode ?? 0, headers: answered, body: json ? JSON.parse(text) : text })
    })
    sent.once('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

test('each worker forwards to the other over TLS, with its own certificate and the login that it was given', async () => {
  for (const [worker, name] of [
    [strict, 'by-strict'],
    [open, 'by-open'],
  ] as const) {
    const config = {
      'connector.class': 'FileStreamSource',
      file: join(folder, 'in.txt'),
      topic: name,
      'tasks.max': '1',
    }
    const created = await ask(worker, 'PUT', `/connectors/${name}/config`, { body: config })
    expect(created).toMatchObject({ status: 201, body: { name } })
    expect(created.headers.get('location')).toBe(`https://${worker}/connectors/${name}`)
  }
  // Whoever runs a connector hands its task configs to the leader, signed and without a login.
  for (const name of ['by-strict', 'by-open']) {
    const running = async () => {
      const { body } = await ask(open, 'GET', `/connectors/${name}/status`)
      return body.tasks?.[0]?.state === 'RUNNING' ? body : undefined
    }
    const status = await eventually(running, { withinMs: 30_000, what: `${name} runs its task` })
    expect([strict, open]).toContain(status.connector.worker_id)
  }
})

test('a listener that requires certificates lets nobody in without one', async () => {
  await expect(ask(strict, 'GET', '/', { anonymous: true })).rejects.toThrow(/certificate|ECONNRESET|socket hang up/i)
  expect((await ask(open, 'GET', '/', { anonymous: true })).status).toBe(200)
})

test('every listener asks for a login', async () => {
  for (const login of [null, 'alice:wrong', 'mallory:secret']) {
    for (const worker of [strict, open]) {
      expect(await ask(worker, 'GET', '/connectors', { login })).toMatchObject({
        status: 401,
        body: 'User cannot access the resource.',
      })
    }
    expect((await ask(admin, 'GET', '/admin/loggers', { login })).status).toBe(401)
  }
  expect((await fetch(`http://${plain}/connectors`)).status).toBe(401)
  expect((await fetch(`http://${plain}/connectors/by-open/fence`, { method: 'PUT' })).status).toBe(400)
})

test('admin.listeners serve the loggers and nothing else, the others everything but the loggers', async () => {
  expect((await ask(admin, 'GET', '/admin/loggers/root')).body).toMatchObject({ level: 'INFO' })
  expect((await ask(admin, 'GET', '/connectors')).status).toBe(404)
  expect((await ask(open, 'GET', '/admin/loggers')).status).toBe(404)
  expect((await ask(strict, 'GET', '/admin/loggers')).status).toBe(200)
})

test('CORS and header rules hold on every listener', async () => {
  const origin = 'https://console.example'
  for (const worker of [open, admin]) {
    const { headers } = await ask(worker, 'GET', '/nope', { headers: { origin } })
    expect(headers.get('access-control-allow-origin')).toBe(origin)
    expect(headers.get('x-frame-options')).toBe('DENY')
  }
  const preflight = { origin, 'access-control-request-method': 'PUT' }
  const { headers } = await ask(open, 'OPTIONS', '/connectors', { headers: preflight })
  expect(headers.get('access-control-allow-methods')).toBe('HEAD,GET,POST')
  const { headers: foreign } = await ask(open, 'GET', '/connectors', { headers: { origin: 'https://evil.example' } })
  expect(foreign.get('access-control-allow-origin')).toBeNull()
})
