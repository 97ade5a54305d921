import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createKafkaClient, type Destination, type KafkaClient } from '#server/kafka/client.ts'
import { createClientPool } from '#server/kafka/client-pool.ts'
import { clientSettings, type Properties } from '#server/kafka/client-settings.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { type Script, type ScriptedBroker, startScriptedBroker } from '#server/kafka/testdata/scripted-broker.ts'
import { kafkaErrors } from '#server/protocol/errors.gen.ts'
import { createFakeClock, type FakeClock } from '#server/runtime/test-tree/fake-clock.ts'

const { COORDINATOR_NOT_AVAILABLE, LEADER_NOT_AVAILABLE, NOT_CONTROLLER, NOT_COORDINATOR, REBOOTSTRAP_REQUIRED } =
  kafkaErrors

function clientOf(port: number, properties: Properties, clock = systemClock) {
  const settings = clientSettings({ 'bootstrap.servers': `127.0.0.1:${port}`, ...properties })
  return createKafkaClient({ ...settings, clientId: 'test', clock, logger: quietLogger })
}

const asked = ({ requests }: ScriptedBroker, api: string) => requests.filter((request) => request.api === api).length

/** Lets time pass until the promise is settled; how much that took. */
async function passUntil(clock: FakeClock, promise: Promise<unknown>, stepMs: number): Promise<number> {
  const began = clock.monotonic()
  let over = false
  const end = () => {
    over = true
  }
  promise.then(end, end)
  await expect
    .poll(
      async () => {
        if (!over) await clock.pass(stepMs)
        return over
      },
      { interval: 5, timeout: 20_000 },
    )
    .toBe(true)
  return clock.monotonic() - began
}

const away: Script = {
  Metadata: ({ body }) => ({
    topics: (body.topics ?? []).map(({ name }) => ({ name, errorCode: LEADER_NOT_AVAILABLE.code })),
  }),
  FindCoordinator: ({ body }) => ({
    coordinators: body.coordinatorKeys.map((key) => ({ key, errorCode: COORDINATOR_NOT_AVAILABLE.code })),
  }),
}

test('what failed is tried again after retry.backoff.ms, then after twice as long, up to retry.backoff.max.ms', async () => {
  const clock = createFakeClock()
  await using broker = await startScriptedBroker(away)
  await using client = clientOf(broker.port, { 'retry.backoff.ms': '300', 'retry.backoff.max.ms': '700' }, clock)
  const stop = new AbortController()
  const waiting = client.topic('t', { signal: stop.signal }).catch(() => undefined)
  for (const [failures, waitMs] of [300, 600, 700, 700].entries()) {
    await expect.poll(() => asked(broker, 'Metadata')).toBe(failures + 1)
    await expect.poll(() => clock.sleeping()).toContain(waitMs)
    await clock.pass(waitMs)
  }
  stop.abort()
  await waiting
})

test.each<[string, (client: KafkaClient) => Promise<unknown>]>([
  ['a leader', (client) => client.topic('t')],
  ['what a group has committed', (client) => createAdmin(client).groupOffsets('g')],
])('%s is asked for until default.api.timeout.ms is over', async (_, ask) => {
  const clock = createFakeClock()
  await using broker = await startScriptedBroker(away)
  await using client = clientOf(broker.port, { 'default.api.timeout.ms': '2000' }, clock)
  const asking = ask(client)
  const tookMs = await passUntil(clock, asking, 100)
  await expect(asking).rejects.toMatchObject({ retriable: true })
  expect(tookMs).toBeGreaterThanOrEqual(2_000)
  expect(tookMs).toBeLessThan(6_000)
})

/** A server that takes connections, and never says anything. */
async function startSilence() {
  const server = createServer((socket) => socket.on('error', () => undefined).resume())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count))),
    [Symbol.dispose]: () => void server.close(),
  }
}

test('a connection comes about within socket.connection.setup.timeout.ms, and next time within twice that', async () => {
  using silence = await startSilence()
  const properties = {
    'security.protocol': 'SSL',
    'socket.connection.setup.timeout.ms': '40',
    'socket.connection.setup.timeout.max.ms': '70',
    'reconnect.backoff.ms': '1',
  }
  await using client = clientOf(silence.port, properties, { ...systemClock, random: () => 0.5 })
  await expect(client.clusterId()).rejects.toThrow(/no connection within 40 ms/)
  await expect(client.clusterId()).rejects.toThrow(/no connection within 70 ms/)
})

test('I12: a client that is closed gives up connections that do not come about', async () => {
  using silence = await startSilence()
  const client = clientOf(silence.port, { 'security.protocol': 'SSL' })
  const asking = client.clusterId().catch((error: Error) => error.message)
  await expect.poll(silence.connections).toBe(1)
  await client[Symbol.asyncDispose]()
  expect(await asking).toContain('closed by us')
  await expect.poll(silence.connections).toBe(0)
})

test('a connection of its own that does not come about is given up when it is closed', async () => {
  using silence = await startSilence()
  await using client = clientOf(silence.port, { 'security.protocol': 'SSL' })
  const opening = client.connection('any', 'lane').catch((error: Error) => error.message)
  await expect.poll(silence.connections).toBe(1)
  client.closeDedicated('lane')
  expect(await opening).toContain('closed by us')
})

test('a connection that was idle for connections.max.idle.ms is closed, and a new one opened when it is wanted', async () => {
  const clock = createFakeClock()
  await using broker = await startScriptedBroker({})
  await using client = clientOf(broker.port, { 'connections.max.idle.ms': '60000' }, clock)
  await client.connection('any')
  await clock.pass(40_000)
  await client.clusterId()
  await clock.pass(40_000)
  expect(client.connected).toBe(true)
  await clock.pass(20_000)
  expect(client.connected).toBe(false)
  await client.connection('any')
  expect(asked(broker, 'ApiVersions')).toBe(2)
})

test('a connection that waits for an answer is not idle', async () => {
  const clock = createFakeClock()
  const answer = Promise.withResolvers<void>()
  await using broker = await startScriptedBroker({ ListGroups: () => answer.promise.then(() => ({})) })
  await using client = clientOf(broker.port, { 'connections.max.idle.ms': '1000' }, clock)
  const listing = client.call('ListGroups', {}, 'any')
  await expect.poll(() => asked(broker, 'ListGroups')).toBe(1)
  await clock.pass(30_000)
  answer.resolve()
  expect(await listing).toMatchObject({ errorCode: 0 })
})

test('with connections.max.idle.ms=-1 connections stay', async () => {
  const clock = createFakeClock()
  await using broker = await startScriptedBroker({})
  await using client = clientOf(broker.port, { 'connections.max.idle.ms': '-1' }, clock)
  await client.connection('any')
  await clock.pass(24 * 3_600_000)
  await client.connection('any')
  expect(asked(broker, 'ApiVersions')).toBe(1)
})

test('what is known of a topic is asked for again when it is older than metadata.max.age.ms', async () => {
  const clock = createFakeClock()
  await using broker = await startScriptedBroker({})
  await using client = clientOf(broker.port, { 'metadata.max.age.ms': '5000' }, clock)
  await client.topic('t')
  await clock.pass(4_999)
  await client.topic('t')
  expect(asked(broker, 'Metadata')).toBe(1)
  await clock.pass(1)
  await client.leader('t', 0)
  expect(asked(broker, 'Metadata')).toBe(2)
})

test('clients of connectors wait 30 s for an answer, unless request.timeout.ms says otherwise', async () => {
  const clock = createFakeClock()
  await using broker = await startScriptedBroker({ ListGroups: () => 'silence' })
  await using pool = createClientPool({ clientId: 'thread', clock, logger: quietLogger })
  const bootstrap = { 'bootstrap.servers': `127.0.0.1:${broker.port}` }
  for (const [properties, least] of [
    [bootstrap, 30_000],
    [{ ...bootstrap, 'request.timeout.ms': '7000' }, 7_000],
  ] as const) {
    const { client } = pool.lease(properties)
    await client.connection('any')
    const listing = client.call('ListGroups', {}, 'any')
    const tookMs = await passUntil(clock, listing, 250)
    await expect(listing).rejects.toThrow(/no answer to ListGroups in time/)
    expect(tookMs).toBeGreaterThanOrEqual(least)
    expect(tookMs).toBeLessThan(least + 1_000)
  }
})

/** A cluster of one broker, behind another address that clients begin with. */
async function startBehindBootstrap(script: Script = {}) {
  const broker = await startScriptedBroker(script)
  const bootstrap = await startScriptedBroker({
    Metadata: () => ({
      brokers: [{ nodeId: 1, host: '127.0.0.1', port: broker.port }],
      clusterId: 'c',
      controllerId: 1,
    }),
  })
  return { broker, bootstrap }
}

test('KIP-899: when no broker that is known can be reached, bootstrap.servers can', async () => {
  const { broker, bootstrap } = await startBehindBootstrap()
  await using first = bootstrap
  await using client = clientOf(first.port, {})
  await client.clusterId()
  await client.call('Metadata', { topics: [] }, { broker: 1 })
  await broker[Symbol.asyncDispose]()
  // It may take a moment until the client knows that its connection is gone.
  await expect.poll(() => client.metadata([]).then(() => asked(first, 'Metadata'), messageOf)).toBe(2)
})

test('with metadata.recovery.strategy=none the brokers that are known are all that is tried', async () => {
  const { broker, bootstrap } = await startBehindBootstrap()
  await using first = bootstrap
  await using client = clientOf(first.port, { 'metadata.recovery.strategy': 'NONE' })
  await client.clusterId()
  await client.call('Metadata', { topics: [] }, { broker: 1 })
  await broker[Symbol.asyncDispose]()
  await expect(client.metadata([])).rejects.toMatchObject({ errorName: 'NETWORK_EXCEPTION' })
  expect(asked(first, 'Metadata')).toBe(1)
})

test('KIP-1102: who gets no answer about the cluster for metadata.recovery.rebootstrap.trigger.ms begins anew', async () => {
  const clock = createFakeClock()
  const { broker, bootstrap } = await startBehindBootstrap({ Metadata: () => 'hang up' })
  await using _ = broker
  await using first = bootstrap
  const trigger = { 'metadata.recovery.rebootstrap.trigger.ms': '60000', 'connections.max.idle.ms': '-1' }
  await using client = clientOf(first.port, trigger, clock)
  await client.clusterId()
  await expect(client.metadata([])).rejects.toMatchObject({ errorName: 'NETWORK_EXCEPTION' })
  await clock.pass(60_000)
  await expect(client.metadata([])).rejects.toMatchObject({ errorName: 'NETWORK_EXCEPTION' })
  expect(asked(first, 'Metadata')).toBe(1)
  await clock.pass(1)
  await client.metadata([])
  expect(asked(first, 'Metadata')).toBe(2)
})

test('KIP-1102: a broker that asks for it makes a client begin anew at once', async () => {
  const { broker, bootstrap } = await startBehindBootstrap({
    Metadata: () => ({ errorCode: REBOOTSTRAP_REQUIRED.code }),
  })
  await using _ = broker
  await using first = bootstrap
  await using client = clientOf(first.port, {})
  await client.clusterId()
  await client.metadata([])
  expect([asked(broker, 'Metadata'), asked(first, 'Metadata')]).toEqual([1, 2])
})

test('KIP-1102: who is asked to begin anew by everybody tries again later', async () => {
  await using broker = await startScriptedBroker({ Metadata: () => ({ errorCode: REBOOTSTRAP_REQUIRED.code }) })
  await using client = clientOf(broker.port, {})
  await expect(client.clusterId()).rejects.toMatchObject({ errorName: 'NETWORK_EXCEPTION', retriable: true })
})

test.each<[string, Destination, number]>([
  ['a broker that moved is found where the cluster has it now', { broker: 1 }, 1],
  ['a controller that is gone is replaced by the one that the cluster has now', 'controller', 2],
])('%s', async (_, to, idLater) => {
  await using later = await startScriptedBroker({})
  const before = await startScriptedBroker({})
  let controller = { nodeId: 1, host: '127.0.0.1', port: before.port }
  await using first = await startScriptedBroker({
    Metadata: () => ({ brokers: [controller], clusterId: 'c', controllerId: controller.nodeId }),
  })
  await using client = clientOf(first.port, { 'reconnect.backoff.max.ms': '50' })
  await client.clusterId()
  await client.connection(to)
  await before[Symbol.asyncDispose]()
  controller = { nodeId: idLater, host: '127.0.0.1', port: later.port }
  await expect
    .poll(async () => {
      await client.connection(to).catch(messageOf)
      return asked(later, 'ApiVersions')
    })
    .toBe(1)
})

test('a coordinator that moved is asked where it says it is', async () => {
  await using later = await startScriptedBroker({ Heartbeat: () => ({}) })
  await using before = await startScriptedBroker({
    Heartbeat: () => ({ errorCode: NOT_COORDINATOR.code }),
    FindCoordinator: ({ body }) => ({
      coordinators: body.coordinatorKeys.map((key) => ({ key, nodeId: 2, host: '127.0.0.1', port: later.port })),
    }),
    Metadata: () => ({
      // Broker 2 is not where this one believes it to be.
      brokers: [
        { nodeId: 1, host: '127.0.0.1', port: before.port },
        { nodeId: 2, host: '127.0.0.1', port: 1 },
      ],
      clusterId: 'c',
      controllerId: 1,
    }),
  })
  await using client = clientOf(before.port, {})
  await client.clusterId()
  const beat = { groupId: 'g', memberId: 'm' }
  expect(await client.call('Heartbeat', beat, { coordinator: 'group', key: 'g' })).toMatchObject({ errorCode: 0 })
  expect(asked(later, 'Heartbeat')).toBe(1)
})

test('a heartbeat does not wait behind records that wait for their replicas', async () => {
  await using broker = await startScriptedBroker({
    Produce: () => new Promise<never>(() => undefined),
    Heartbeat: () => ({}),
  })
  await using client = clientOf(broker.port, {})
  const beat = () =>
    client.call('Heartbeat', { groupId: 'g', memberId: 'm' }, { coordinator: 'group', key: 'g' }, { timeoutMs: 10_000 })
  await beat()
  const producing = client.call('Produce', { acks: -1 }, { leaderOf: { topic: 't', partition: 0 } }).catch(messageOf)
  await expect.poll(() => asked(broker, 'Produce')).toBe(1)
  expect(await beat()).toMatchObject({ errorCode: 0 })
  await client[Symbol.asyncDispose]()
  await producing
})

/** A cluster in which another broker takes over from the one that leads everything, once that is gone. */
async function startFailOver(script: Script) {
  const last = await startScriptedBroker(script)
  const first = await startScriptedBroker({})
  let leader = { nodeId: 1, host: '127.0.0.1', port: first.port }
  const bootstrap = await startScriptedBroker({
    Metadata: ({ body }) => ({
      brokers: [leader],
      clusterId: 'c',
      controllerId: leader.nodeId,
      topics: (body.topics ?? []).map(({ name }) => ({
        name,
        partitions: [{ partitionIndex: 0, leaderId: leader.nodeId }],
      })),
    }),
  })
  return {
    bootstrap,
    async failOver() {
      await first[Symbol.asyncDispose]()
      leader = { nodeId: 2, host: '127.0.0.1', port: last.port }
    },
    async [Symbol.asyncDispose]() {
      await bootstrap[Symbol.asyncDispose]()
      await last[Symbol.asyncDispose]()
    },
  }
}

const partition = { topic: 't', partition: 0 }

test.each<[string, Script, (client: KafkaClient) => Promise<unknown>]>([
  [
    'offsets are asked for',
    { ListOffsets: () => ({ topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: 7 }] }] }) },
    (client) => createAdmin(client).listOffsets([partition], 'latest'),
  ],
  [
    'records are deleted',
    { DeleteRecords: () => ({ topics: [{ name: 't', partitions: [{ partitionIndex: 0, lowWatermark: 7 }] }] }) },
    (client) => createAdmin(client).deleteRecords([{ ...partition, offset: 7 }]),
  ],
])('%s at the leader that took over from one that is gone', async (_, script, ask) => {
  await using cluster = await startFailOver(script)
  await using client = clientOf(cluster.bootstrap.port, { 'default.api.timeout.ms': '10000' })
  await client.topic('t')
  await cluster.failOver()
  await ask(client)
})

test('a broker that is not the controller any more is not asked again', async () => {
  let answers = 0
  await using broker = await startScriptedBroker({
    CreateTopics: ({ body }) => ({
      topics: body.topics.map(({ name }) => ({ name, errorCode: ++answers === 1 ? NOT_CONTROLLER.code : 0 })),
    }),
  })
  await using client = clientOf(broker.port, {})
  const before = asked(broker, 'Metadata')
  expect(await createAdmin(client).createTopics([{ name: 't', partitions: 1, replicationFactor: 1 }])).toEqual(['t'])
  expect(asked(broker, 'Metadata') - before).toBe(2)
})
