import { createHmac, randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { Herder, InternalHerder } from '#server/contract/herder.ts'
import { createPeers, createRestClient } from '#server/rest/client.ts'
import { startRest } from '#server/rest/server.ts'
import { createMemoryHerder } from '#server/rest/test-tree/memory-herder.ts'
import { silentLogger } from '#server/rest/test-tree/silent-logger.ts'

const start = (herder: Herder, internal?: InternalHerder, profile: 'compat' | 'safe' = 'safe') =>
  startRest({
    herder,
    ...(internal && { internal }),
    profile,
    clock: systemClock,
    logger: silentLogger,
    version: '0.1.0',
    listeners: ['http://127.0.0.1:0'],
  })

/** A worker that may decide nothing and says who may. */
function follower(leaderUrl: () => string): Herder {
  const refuse = async () => {
    throw new ConnectError('NOT_LEADER', 'Only the leader may do this', { forwardUrl: leaderUrl() })
  }
  const herder = createMemoryHerder()
  return { ...herder, create: refuse, putConfig: refuse, delete: refuse, restart: refuse, stop: refuse }
}

const config = { 'connector.class': 'FileStreamSource', topic: 't' }

test('a follower sends changes on to the leader and hands back its answer and its errors', async () => {
  const cluster = createMemoryHerder()
  await using leader = await start(cluster)
  await using other = await start(follower(() => leader.url))
  const client = createRestClient([other.url])

  expect(await client.create({ name: 'c', config })).toMatchObject({ name: 'c', config: { topic: 't' } })
  expect(await cluster.list()).toEqual(['c'])
  expect(await client.putConfig('c', { ...config, topic: 'u' })).toMatchObject({ created: false })
  expect(await client.restart('c', { includeTasks: true, onlyFailed: false })).toMatchObject({ name: 'c' })
  await expect(client.create({ name: 'c', config })).rejects.toMatchObject({ code: 'CONNECTOR_EXISTS', status: 409 })
  await client.delete('c')
  expect(await cluster.list()).toEqual([])
})

test('a created connector is located at the worker that was asked', async () => {
  await using leader = await start(createMemoryHerder())
  await using other = await start(follower(() => leader.url))
  const response = await fetch(`${other.url}/connectors`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'c', config }),
  })
  expect([response.status, response.headers.get('location')]).toEqual([201, `${other.url}/connectors/c`])
})

test('two workers that take each other for the leader give up after two hops', async () => {
  const seen: (string | null)[] = []
  const urls: string[] = []
  const spy = (herder: Herder, target: () => string): Herder => ({
    ...herder,
    stop: async () => {
      seen.push(target())
      throw new ConnectError('NOT_LEADER', 'Only the leader may do this', { forwardUrl: target() })
    },
  })
  await using a = await start(spy(createMemoryHerder(), () => urls[1] ?? ''))
  await using b = await start(spy(createMemoryHerder(), () => urls[0] ?? ''))
  urls.push(a.url, b.url)
  await expect(createRestClient([a.url]).stop('c')).rejects.toMatchObject({
    status: 409,
    message: 'Cannot complete request because of a conflicting operation (e.g. worker rebalance)',
  })
  expect(seen).toHaveLength(3)
})

test('only Authorization travels with a forwarded request', async () => {
  const headers: IncomingHttpHeaders[] = []
  await using leader = await startHalfDead((request) => headers.push(request.headers))
  await using other = await start(follower(() => leader.url))
  await fetch(`${other.url}/connectors/c/stop`, {
    method: 'PUT',
    headers: { authorization: 'Basic eDp5', cookie: 'a=b', 'x-forwarded-for': '1.2.3.4' },
  })
  const [{ host, connection, 'content-length': length, ...sent } = {}] = headers
  expect(sent).toEqual({ authorization: 'Basic eDp5' })
})

test('a leader that cannot be reached is a 500 that says why', async () => {
  await using other = await start(follower(() => 'http://127.0.0.1:21598'))
  await expect(createRestClient([other.url]).stop('c')).rejects.toMatchObject({
    code: 'FORWARD_FAILED',
    status: 500,
    message: expect.stringMatching(/^IO Error trying to forward REST request: .*ECONNREFUSED/),
  })
})

test('a leader that answers nobody is waited for until somebody else leads', async () => {
  const asked = Promise.withResolvers<void>()
  await using frozen = await startSilent(() => asked.resolve())
  const gone = new AbortController()
  const stop = async () => {
    throw new ConnectError('NOT_LEADER', 'elsewhere', { forwardUrl: frozen.url, forwardOver: gone.signal })
  }
  await using other = await start({ ...createMemoryHerder(), stop })
  const answer = createRestClient([other.url]).stop('c')
  const outcome = answer.then(
    () => 'answered',
    (error: ConnectError) => error.code,
  )
  await asked.promise
  gone.abort()
  expect(await outcome).toBe('NOT_LEADER')
  await expect(answer).rejects.toMatchObject({ status: 409 })
})

test('the last answer of a leader that has just stopped leading still counts', async () => {
  const gone = new AbortController()
  const cluster = createMemoryHerder()
  await using leader = await start({
    ...cluster,
    async create(request) {
      gone.abort()
      return cluster.create(request)
    },
  })
  const create = async () => {
    throw new ConnectError('NOT_LEADER', 'elsewhere', { forwardUrl: leader.url, forwardOver: gone.signal })
  }
  await using other = await start({ ...createMemoryHerder(), create })
  expect(await createRestClient([other.url]).create({ name: 'c', config })).toMatchObject({ name: 'c' })
})

test('peers reach the leader with a signed request, and with nothing else', async () => {
  const key = randomBytes(32)
  const accepted: unknown[] = []
  const internal: InternalHerder = {
    acceptTaskConfigs: async (connector, tasks) => void accepted.push([connector, tasks]),
    fenceZombies: async (connector) => void accepted.push(connector),
    sessionKey: () => ({ key, algorithm: 'HmacSHA256' }),
  }
  await using leader = await start(createMemoryHerder(), internal)
  const sign = (secret: Uint8Array) => (body: Uint8Array) => ({
    algorithm: 'HmacSHA256',
    signature: createHmac('sha256', secret).update(body).digest('base64'),
  })
  const { signal } = new AbortController()
  const peers = createPeers()
  await peers.submitTaskConfigs(leader.url, 'a/b', [{ file: 'x', none: null }], sign(key), signal)
  await peers.fenceZombies(leader.url, 'c', sign(key), signal)
  expect(accepted).toEqual([['a/b', [{ file: 'x', none: null }]], 'c'])

  const forged = peers.submitTaskConfigs(leader.url, 'c', [], sign(randomBytes(32)), signal)
  await expect(forged).rejects.toMatchObject({ code: 'SIGNATURE_INVALID', status: 403 })
  const unsigned = peers.fenceZombies(leader.url, 'c', () => undefined, signal)
  await expect(unsigned).rejects.toMatchObject({ code: 'SIGNATURE_MISSING', status: 400 })
  expect(accepted).toHaveLength(2)
})

test.each(['..', '.', 'a/b', '50%', '%2e%2e', 'what?#', 'a\\b', 'ü;x=1', ' '])(
  'a peer names the connector %j to a leader that lets nobody else name it',
  async (name) => {
    const key = randomBytes(32)
    const accepted: string[] = []
    const internal: InternalHerder = {
      acceptTaskConfigs: async (connector) => void accepted.push(connector),
      fenceZombies: async (connector) => void accepted.push(connector),
      sessionKey: () => ({ key, algorithm: 'HmacSHA256' }),
    }
    await using leader = await start(createMemoryHerder(), internal, 'compat')
    const sign = (body: Uint8Array) => ({
      algorithm: 'HmacSHA256',
      signature: createHmac('sha256', key).update(body).digest('base64'),
    })
    const { signal } = new AbortController()
    await createPeers().submitTaskConfigs(leader.url, name, [], sign, signal)
    await createPeers().fenceZombies(leader.url, name, sign, signal)
    expect(accepted).toEqual([name, name])
  },
)

test('a worker that has not read the session key yet asks to be asked again, one without signing asks for none', async () => {
  let key: ReturnType<InternalHerder['sessionKey']>
  const internal: InternalHerder = {
    acceptTaskConfigs: async () => {},
    fenceZombies: async () => {},
    sessionKey: () => key,
  }
  await using leader = await start(createMemoryHerder(), internal)
  const sign = () => ({ algorithm: 'HmacSHA256', signature: 'AAAA' })
  const fence = () => createPeers().fenceZombies(leader.url, 'c', sign, new AbortController().signal)
  await expect(fence()).rejects.toMatchObject({ code: 'SESSION_KEY_UNKNOWN', status: 503 })
  key = null
  await fence()
})

test('a cluster that is not ours shows as lacking what only Sluice has, and its errors by their words', async () => {
  await using jvm = await start({
    ...createMemoryHerder(),
    cluster: async () => {
      throw new ConnectError('ROUTE_NOT_FOUND', 'HTTP 404 Not Found')
    },
  })
  await expect(createRestClient([jvm.url]).cluster()).rejects.toMatchObject({ code: 'UNSUPPORTED' })
})

test('in a group that a JVM worker leads the map of the group is drawn from statuses, and says so', async () => {
  await using jvm = await start({
    ...createMemoryHerder(),
    cluster: async () => {
      throw new ConnectError('ROUTE_NOT_FOUND', 'HTTP 404 Not Found')
    },
  })
  const memory = createMemoryHerder()
  await using follower = await start({
    ...memory,
    async cluster(source) {
      if (source === undefined) throw new ConnectError('NOT_LEADER', 'elsewhere', { forwardUrl: jvm.url })
      return { ...(await memory.cluster()), source }
    },
  })
  expect(await createRestClient([follower.url]).cluster()).toMatchObject({ source: 'statuses', groupId: 'memory' })
})

test('connectors are listed whatever they are called, as what every object of JavaScript inherits, too', async () => {
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'lines']
  await using worker = await start(createMemoryHerder(), undefined, 'compat')
  const client = createRestClient([worker.url])
  for (const name of names) await client.create({ name, config })
  const listed = await client.listExpanded()
  expect(listed.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
  for (const { name, info, status } of listed) expect([info.name, status?.name]).toEqual([name, name])
  for (const name of names) expect(await client.activeTopics(name)).toEqual([])
})

test('a drain of a worker that is not there is refused in the words of the leader, whoever was asked', async () => {
  const refusal = { code: 'WORKER_NOT_FOUND', message: 'Worker nobody:1 is not part of the group' } as const
  await using leader = await start({
    ...createMemoryHerder(),
    drain: async () => {
      throw new ConnectError(refusal.code, refusal.message)
    },
  })
  await using other = await start({
    ...createMemoryHerder(),
    drain: async () => {
      throw new ConnectError('NOT_LEADER', 'elsewhere', { forwardUrl: leader.url })
    },
  })
  await expect(createRestClient([other.url]).drain('nobody:1')).rejects.toMatchObject(refusal)
})

test('a connector that has no status yet is listed by the client, and left out where Kafka leaves it out', async () => {
  const memory = createMemoryHerder()
  const info = await memory.create({ name: 'new', config: { 'connector.class': 'X', topic: 't' } })
  await using worker = await start({ ...memory, listExpanded: async () => [{ name: 'new', info, status: null }] })
  expect(await createRestClient([worker.url]).listExpanded()).toEqual([{ name: 'new', info, status: null }])
  const both = await fetch(`${worker.url}/connectors?expand=info&expand=status`)
  expect(await both.json()).toEqual({})
})

test('a change is not sent to the next worker when the first may have carried it out', async () => {
  const counted = { first: 0, second: 0 }
  const failing = (name: keyof typeof counted): Herder => ({
    ...createMemoryHerder(),
    stop: async () => {
      counted[name]++
    },
  })
  await using first = await startHalfDead(() => counted.first++)
  await using second = await start(failing('second'))
  const client = createRestClient([first.url, second.url])
  await expect(client.stop('c')).rejects.toMatchObject({ code: 'WORKER_UNREACHABLE' })
  expect(counted).toEqual({ first: 1, second: 0 })
  expect(await client.list()).toEqual([])
})

/** Takes a request and never answers. */
async function startSilent(hit: () => void) {
  const { createServer } = await import('node:http')
  const server = createServer(hit)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Takes a request and hangs up without an answer. */
async function startHalfDead(hit: (request: IncomingMessage) => void) {
  const { createServer } = await import('node:http')
  const server = createServer((request) => {
    hit(request)
    request.socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
