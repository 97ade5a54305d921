import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { clientSettings, type Properties } from '#server/kafka/client-settings.ts'
import { parseJaas } from '#server/kafka/security/jaas.ts'
import { scramExchange } from '#server/kafka/security/scram.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { type Script, startScriptedBroker } from '#server/kafka/testdata/scripted-broker.ts'
import { kafkaErrors } from '#server/protocol/errors.gen.ts'

const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="ada" password="s3cret";'
const refused = kafkaErrors.SASL_AUTHENTICATION_FAILED.code

/** A broker that lets in whoever says `wanted`; `sessionLifetimeMs` is how long a login is good for. */
function doorman(wanted: string, sessionLifetimeMs = 0): { script: Script; logins: string[] } {
  const logins: string[] = []
  const script: Script = {
    SaslHandshake: ({ body }) => ({
      errorCode: body.mechanism === 'GSSAPI' ? kafkaErrors.UNSUPPORTED_SASL_MECHANISM.code : 0,
      mechanisms: ['PLAIN', 'OAUTHBEARER'],
    }),
    SaslAuthenticate({ body }) {
      logins.push(body.authBytes.toString())
      if (body.authBytes.toString() !== wanted)
        return { errorCode: refused, errorMessage: 'Invalid username or password' }
      return { sessionLifetimeMs }
    },
    Heartbeat: () => ({}),
  }
  return { script, logins }
}

function clientOf(port: number, properties: Properties, clock = systemClock) {
  const given = { 'bootstrap.servers': `127.0.0.1:${port}`, 'security.protocol': 'SASL_PLAINTEXT' }
  return createKafkaClient({
    ...clientSettings({ ...given, ...properties }),
    clientId: 'test',
    clock,
    logger: quietLogger,
  })
}

test('logs in with PLAIN before anything else is asked', async () => {
  const { script, logins } = doorman('\0ada\0s3cret')
  await using broker = await startScriptedBroker(script)
  await using client = clientOf(broker.port, { 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': plain })
  expect(await client.clusterId()).toBe('scripted')
  expect(logins).toHaveLength(1)
  expect(broker.requests.map(({ api }) => api)).toEqual([
    'ApiVersions',
    'SaslHandshake',
    'SaslAuthenticate',
    'Metadata',
  ])
})

test('a wrong password is said once, in the broker’s words, and tried at no other server', async () => {
  const { script, logins } = doorman('\0ada\0another')
  await using broker = await startScriptedBroker(script)
  const server = `127.0.0.1:${broker.port}`
  await using client = clientOf(broker.port, {
    'bootstrap.servers': `${server},${server}`,
    'sasl.mechanism': 'PLAIN',
    'sasl.jaas.config': plain,
  })
  const asked = client.topic('t')
  await expect(asked).rejects.toMatchObject({ errorName: 'SASL_AUTHENTICATION_FAILED', retriable: false })
  await expect(asked).rejects.toThrow(/Invalid username or password/)
  await expect(asked).rejects.not.toThrow(/s3cret/)
  expect(logins).toHaveLength(1)
})

test('R-K07: a login is renewed in time, between requests and without losing their order', async () => {
  let now = 0
  const clock = { ...systemClock, now: () => now, monotonic: () => now }
  const { script, logins } = doorman('\0ada\0s3cret', 10_000)
  await using broker = await startScriptedBroker(script)
  await using client = clientOf(broker.port, { 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': plain }, clock)
  const connection = await client.connection('any')
  const beat = (generationId: number) => connection.call('Heartbeat', { groupId: 'g', memberId: 'm', generationId })
  await beat(0)
  now = 8_000
  await beat(1)
  expect(logins).toHaveLength(1)
  now = 9_600
  await Promise.all([2, 3, 4].map(beat))
  expect(logins).toHaveLength(2)
  const seen = broker.requests.map((r) => (r.api === 'Heartbeat' ? r.body.generationId : r.api))
  expect(seen.slice(-6)).toEqual([1, 'SaslHandshake', 'SaslAuthenticate', 2, 3, 4])
})

test('a renewal that is refused ends the connection with the reason', async () => {
  let now = 0
  const clock = { ...systemClock, now: () => now, monotonic: () => now }
  const { script, logins } = doorman('\0ada\0s3cret', 10_000)
  const revoked: Script = {
    ...script,
    SaslAuthenticate: (request) =>
      logins.length > 0
        ? { errorCode: refused, errorMessage: 'gone' }
        : (script.SaslAuthenticate?.(request) ?? 'silence'),
  }
  await using broker = await startScriptedBroker(revoked)
  await using client = clientOf(broker.port, { 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': plain }, clock)
  const connection = await client.connection('any')
  now = 9_600
  const call = connection.call('Heartbeat', { groupId: 'g', memberId: 'm' })
  await expect(call).rejects.toMatchObject({ errorName: 'SASL_AUTHENTICATION_FAILED' })
  expect(connection.closed).toBe(true)
})

test('a mechanism that the broker does not offer is named with those it does', async () => {
  const { script } = doorman('')
  await using broker = await startScriptedBroker({
    ...script,
    SaslHandshake: () => ({ errorCode: kafkaErrors.UNSUPPORTED_SASL_MECHANISM.code, mechanisms: ['OAUTHBEARER'] }),
  })
  await using client = clientOf(broker.port, { 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': plain })
  await expect(client.clusterId()).rejects.toThrow(/UNSUPPORTED_SASL_MECHANISM: PLAIN; the broker offers OAUTHBEARER/)
})

test.each<[string, Properties, RegExp]>([
  ['no jaas config', { 'sasl.mechanism': 'PLAIN' }, /sasl\.jaas\.config: PLAIN needs it/],
  ['a mechanism we do not know', {}, /sasl\.mechanism: GSSAPI is none of/],
  [
    'a module of another mechanism',
    { 'sasl.mechanism': 'SCRAM-SHA-256', 'sasl.jaas.config': plain },
    /ScramLoginModule/,
  ],
  ['a missing semicolon', { 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': plain.slice(0, -1) }, /semicolon/],
  ['an open quote', { 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': plain.slice(0, -2) }, /cannot be read from/],
  ['no token endpoint', { 'sasl.mechanism': 'OAUTHBEARER' }, /sasl\.oauthbearer\.token\.endpoint\.url/],
])('names the setting of %s, and no secret', (_, properties, error) => {
  const given = { 'bootstrap.servers': 'h:1', 'security.protocol': 'SASL_PLAINTEXT', ...properties }
  expect(() => clientSettings(given)).toThrow(error)
  expect(() => clientSettings(given)).not.toThrow(/s3cret/)
})

test('jaas values may hold quotes, backslashes, signs and spaces', () => {
  const text = 'a.b.Module  required\n user = bare  password="a\\"b\\\\c;=d e" ; '
  expect(parseJaas(text)).toEqual({ module: 'Module', options: { user: 'bare', password: 'a"b\\c;=d e' } })
})

/** The server's half of RFC 5802. */
function scramServer(password: string, iterations: number, hash: 'sha256' | 'sha512') {
  const salt = Buffer.from('salty')
  const salted = pbkdf2Sync(password, salt, iterations, hash === 'sha256' ? 32 : 64, hash)
  const hmac = (key: Buffer, text: string) => createHmac(hash, key).update(text).digest()
  return {
    challenge: (first: string) =>
      `r=${/r=([^,]+)/.exec(first)?.[1]}server,s=${salt.toString('base64')},i=${iterations}`,
    answer(first: string, challenge: string, final: string) {
      const [withoutProof, proof] = final.split(',p=')
      const signed = `${first.slice(3)},${challenge},${withoutProof}`
      const clientKey = hmac(salted, 'Client Key')
      const signature = hmac(createHash(hash).update(clientKey).digest(), signed)
      const expected = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0))).toString('base64')
      return { accepted: proof === expected, final: `v=${hmac(hmac(salted, 'Server Key'), signed).toString('base64')}` }
    },
  }
}

test.each(['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)(
  '%s proves the password to a server that proves it too',
  async (mechanism) => {
    const server = scramServer('pa=ss', 4096, mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512')
    const exchange = scramExchange(mechanism, { username: 'a,d=a', password: 'pa=ss' })
    const first = (await exchange.first()).toString()
    expect(first).toMatch(/^n,,n=a=2Cd=3Da,r=/)
    const challenge = server.challenge(first)
    const final = `${await exchange.next(Buffer.from(challenge))}`
    const answer = server.answer(first, challenge, final)
    expect(answer.accepted).toBe(true)
    expect(await exchange.next(Buffer.from(answer.final))).toBeUndefined()
  },
)

test.each<[string, (challenge: string) => string, string]>([
  ['too few iterations', (c) => c.replace('i=4096', 'i=4095'), '4095 iterations'],
  ['too many iterations', (c) => c.replace('i=4096', 'i=100000000'), '100000000 iterations'],
  ['iterations that are no number', (c) => c.replace('i=4096', 'i=x'), 'NaN iterations'],
  ['a nonce that is not ours', (c) => c.replace('r=', 'r=x'), 'not one to our request'],
  ['no salt', (c) => c.replace(/s=[^,]+/, 's='), 'not one to our request'],
])('SCRAM refuses a broker that sends %s', async (_, change, why) => {
  const exchange = scramExchange('SCRAM-SHA-256', { username: 'u', password: 'p' })
  const challenge = scramServer('p', 4096, 'sha256').challenge(`${await exchange.first()}`)
  await expect(exchange.next(Buffer.from(change(challenge)))).rejects.toThrow(why)
})

test('SCRAM refuses a broker that does not know the password', async () => {
  const exchange = scramExchange('SCRAM-SHA-256', { username: 'u', password: 'p' })
  const challenge = scramServer('p', 4096, 'sha256').challenge(`${await exchange.first()}`)
  await exchange.next(Buffer.from(challenge))
  await expect(exchange.next(Buffer.from(`v=${'A'.repeat(43)}=`))).rejects.toMatchObject({
    errorName: 'SASL_AUTHENTICATION_FAILED',
  })
})

async function tokenEndpoint(answers: (nth: number) => { status: number; body: object }) {
  const asked: { authorization: string | undefined; body: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    asked.push({ authorization: request.headers.authorization, body })
    const answer = answers(asked.length)
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('OAUTHBEARER fetches a token with the client’s credentials, once for all connections, anew when it grows old', async () => {
  let now = 1_000
  const clock = { ...systemClock, now: () => now, monotonic: () => now }
  await using endpoint = await tokenEndpoint((nth) =>
    nth === 1 ? { status: 503, body: {} } : { status: 200, body: { access_token: `t${nth}`, expires_in: 100 } },
  )
  const logins: string[] = []
  await using broker = await startScriptedBroker({
    SaslHandshake: () => ({}),
    SaslAuthenticate({ body }) {
      logins.push(`${body.authBytes}`)
      return {}
    },
  })
  await using client = clientOf(
    broker.port,
    {
      'sasl.mechanism': 'OAUTHBEARER',
      'sasl.oauthbearer.token.endpoint.url': endpoint.url,
      'sasl.oauthbearer.client.credentials.client.id': 'id:1',
      'sasl.oauthbearer.client.credentials.client.secret': 's3cret',
      'sasl.oauthbearer.scope': 'kafka',
      'sasl.login.retry.backoff.ms': '1',
      'sasl.jaas.config':
        'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required extension_pool="p1";',
    },
    clock,
  )
  await client.connection('any')
  await client.connection('any', 'a second one')
  now += 90_000
  await client.connection('any', 'a third one')
  const basic = Buffer.from('id%3A1:s3cret').toString('base64')
  expect(endpoint.asked[0]).toEqual({
    authorization: `Basic ${basic}`,
    body: 'grant_type=client_credentials&scope=kafka',
  })
  expect(logins).toEqual(['t2', 't2', 't3'].map((token) => `n,,\x01auth=Bearer ${token}\x01pool=p1\x01\x01`))
})

test('credentials that the token endpoint refuses are an error with its reason, and are not tried again', async () => {
  await using endpoint = await tokenEndpoint(() => ({ status: 401, body: { error: 'invalid_client' } }))
  await using broker = await startScriptedBroker({ SaslHandshake: () => ({}) })
  await using client = clientOf(broker.port, {
    'sasl.mechanism': 'OAUTHBEARER',
    'sasl.oauthbearer.token.endpoint.url': endpoint.url,
    'sasl.jaas.config':
      'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required clientId="c" clientSecret="s3cret";',
  })
  await expect(client.clusterId()).rejects.toThrow(/SASL_AUTHENTICATION_FAILED: .*\/token answered 401.*invalid_client/)
  expect(endpoint.asked).toHaveLength(1)
})
