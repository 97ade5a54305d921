import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { BrokerLimits } from '#server/broker/broker-state.ts'
import { createFrames } from '#server/broker/frames.ts'
import { startBroker } from '#server/broker/server.ts'
import { type Clock, systemClock } from '#server/contract/clock.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'
import type { Logger } from '#server/contract/logger.ts'
import {
  type ApiName,
  apiByKey,
  apis,
  decodeResponse,
  encodeRequest,
  type RequestOf,
  type ResponseOf,
  type Writable,
} from '#server/protocol/codec.ts'
import { encodeBatch } from '#server/protocol/record-batch.ts'

const errors: string[] = []
const logger: Logger = {
  log: () => {},
  debug: () => {},
  info: () => {},
  warn: (message) => void errors.push(message),
  error: (message) => void errors.push(message),
  child: () => logger,
}

let lifecycle = createLifecycle()
afterEach(async () => {
  await lifecycle[Symbol.asyncDispose]()
  lifecycle = createLifecycle()
})

async function start(limits: Partial<BrokerLimits & { clock: Clock }> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'broker-'))
  lifecycle.defer(() => rmSync(directory, { recursive: true, force: true }))
  return lifecycle.own(await startBroker({ directory, port: 0, clock: systemClock, logger, ...limits }))
}

type Call = <A extends ApiName>(api: A, version: number, body: Writable<RequestOf<A>>) => Promise<ResponseOf<A>>

async function client(port: number): Promise<{ call: Call; socket: Socket }> {
  const socket = connect(port, '127.0.0.1')
  socket.setMaxListeners(0)
  // What waits for an answer is told by the close that follows.
  socket.on('error', () => {})
  lifecycle.defer(() => void socket.destroy())
  const waiting: ((frame: Buffer) => void)[] = []
  const frames = createFrames(
    1 << 28,
    (frame) => waiting.shift()?.(frame),
    () => socket.destroy(),
  )
  socket.on('data', (chunk) => frames.push(chunk))
  await new Promise((resolve) => socket.once('connect', resolve))
  const call: Call = (api, version, body) =>
    new Promise((resolve, reject) => {
      waiting.push((frame) => resolve(decodeResponse(api, version, frame.subarray(4))))
      socket.once('close', () => reject(new Error(`closed on ${api} ${version}: ${errors.at(-1)}`)))
      for (const part of encodeRequest(api, version, { correlationId: 1, clientId: 'test' }, body)) socket.write(part)
    })
  return { call, socket }
}

const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
const records = () => encodeBatch([{ key: Buffer.from('k'), value: Buffer.from('v') }], { timestamp: 5 })

/** A body that reaches into every part of an answer; what a version lacks is left out. */
function bodyOf(api: ApiName, version: number, topicId: string): Writable<RequestOf<ApiName>> {
  const named = { name: 't', topicId }
  const bodies: { [A in ApiName]?: Writable<RequestOf<A>> } = {
    Produce: { acks: -1, topicData: [{ ...named, partitionData: [{ index: 0, records: records() }, { index: 9 }] }] },
    Fetch: {
      topics: [{ topic: 't', topicId, partitions: [{ partition: 0, partitionMaxBytes: 1000 }, { partition: 9 }] }],
    },
    ListOffsets: { topics: [{ name: 't', partitions: [-1, -2, -3, 1].map((timestamp) => ({ timestamp })) }] },
    Metadata: { topics: [{ name: 't' }, { name: 'new' }] },
    OffsetCommit: {
      groupId: 'g',
      generationIdOrMemberEpoch: -1,
      topics: [{ ...named, partitions: [{ partitionIndex: 0, committedOffset: 3 }] }],
    },
    OffsetFetch:
      version >= 8
        ? { groups: [{ groupId: 'g', topics: [{ ...named, partitionIndexes: [0] }] }] }
        : { groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }] },
    FindCoordinator: version >= 4 ? { coordinatorKeys: ['g'] } : { key: 'g' },
    JoinGroup: {
      groupId: `join-${version}`,
      sessionTimeoutMs: 10_000,
      protocolType: 'connect',
      protocols: [{ name: 'p' }],
    },
    LeaveGroup: version >= 3 ? { groupId: 'g', members: [{ memberId: 'm' }] } : { groupId: 'g', memberId: 'm' },
    DescribeGroups: { groups: ['g', 'none'] },
    DeleteGroups: { groupsNames: ['none'] },
    OffsetDelete: { groupId: 'g', topics: [{ name: 't', partitions: [{ partitionIndex: 5 }] }] },
    CreateTopics: { topics: [{ name: `new-${version}`, numPartitions: 1, replicationFactor: 1 }, { name: 't' }] },
    DeleteTopics: version >= 6 ? { topics: [{ name: 'none' }] } : { topicNames: ['none'] },
    CreatePartitions: { topics: [{ name: 't', count: 1, assignments: null }] },
    DeleteRecords: { topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: 0 }] }] },
    DescribeConfigs: {
      includeSynonyms: true,
      resources: [
        { resourceType: 2, resourceName: 't', configurationKeys: null },
        { resourceType: 4, resourceName: '1', configurationKeys: null },
      ],
    },
    AlterConfigs: { resources: [{ resourceType: 2, resourceName: 't', configs: [] }] },
    IncrementalAlterConfigs: {
      resources: [{ resourceType: 2, resourceName: 't', configs: [{ name: 'x', value: '1' }] }],
    },
    OffsetForLeaderEpoch: { topics: [{ topic: 't', partitions: [{ partition: 0 }] }] },
    DescribeProducers: { topics: [{ name: 't', partitionIndexes: [0, 9] }] },
    AddPartitionsToTxn:
      version >= 4
        ? { transactions: [{ transactionalId: 'x', topics: [{ name: 't', partitions: [0, 9] }] }] }
        : { v3AndBelowTopics: [{ name: 't', partitions: [0, 9] }] },
    AddOffsetsToTxn: { transactionalId: 'x', groupId: 'g' },
    TxnOffsetCommit: {
      transactionalId: 'x',
      groupId: 'g',
      topics: [{ name: 't', partitions: [{ partitionIndex: 0 }] }],
      ...(version >= 3 && { generationId: -1 }),
    },
    EndTxn: { transactionalId: 'x' },
    WriteTxnMarkers: { markers: [{ producerId: 1, topics: [{ name: 't', partitionIndexes: [0, 9] }] }] },
    DescribeTransactions: { transactionalIds: ['x'] },
    ListTransactions: { stateFilters: ['Ongoing', 'Unheard'] },
    DescribeLogDirs: { topics: null },
    AlterReplicaLogDirs: { dirs: [{ path: '/', topics: [{ name: 't', partitions: [0, 9] }] }] },
    ElectLeaders: { topicPartitions: [{ topic: 't', partitions: [0, 9] }] },
    AlterPartitionReassignments: { topics: [{ name: 't', partitions: [{ partitionIndex: 0, replicas: [1] }] }] },
    UpdateFeatures: { featureUpdates: [{ feature: 'transaction.version', maxVersionLevel: 2 }] },
    ConsumerGroupDescribe: { groupIds: ['g'] },
    DescribeTopicPartitions: { topics: [{ name: 't' }, { name: 'none' }] },
    DescribeUserScramCredentials: { users: [{ name: 'u' }] },
    AlterUserScramCredentials: { deletions: [{ name: 'u' }] },
    AlterClientQuotas: { entries: [{ entity: [{ entityType: 'user', entityName: 'u' }] }] },
    DescribeAcls: { patternTypeFilter: 3 },
    CreateAcls: { creations: [{ resourcePatternType: 3 }] },
    DeleteAcls: { filters: [{ patternTypeFilter: 3 }] },
  }
  return bodies[api] ?? {}
}

test('answers every version of every API that it advertises', async () => {
  const broker = await start()
  const { call } = await client(broker.port)
  await call('CreateTopics', 7, { topics: [{ name: 't', numPartitions: 1, replicationFactor: 1 }] })
  const topicId = (await call('Metadata', 12, { topics: [{ name: 't' }] })).topics[0]?.topicId ?? ''
  const { apiKeys } = await call('ApiVersions', 3, software)
  for (const { apiKey, maxVersion } of apiKeys) {
    const api = apiByKey(apiKey)
    if (!api) throw new Error(`unknown key ${apiKey}`)
    for (let version = apis[api].min; version <= maxVersion; version++) {
      // What the request of a version lacks is no matter here: names and ids are both given.
      await call(api, version, bodyOf(api, version, topicId))
    }
  }
  expect(errors).toEqual([])
})

test('answers an ApiVersions request from the future in version 0', async () => {
  const broker = await start()
  const { socket } = await client(broker.port)
  const answered = new Promise<Buffer>((resolve) => socket.once('data', resolve))
  socket.write(Buffer.from([0, 0, 0, 10, 0, 18, 0, 99, 0, 0, 0, 7, 255, 255]))
  const answer = decodeResponse('ApiVersions', 0, (await answered).subarray(8))
  expect(answer.errorCode).toBe(35)
  expect(answer.apiKeys.length).toBeGreaterThan(20)
})

test('a long poll holds up its own connection only, and ends with the first record', async () => {
  const broker = await start()
  const [reader, writer] = await Promise.all([client(broker.port), client(broker.port)])
  await writer.call('Metadata', 8, { topics: [{ name: 't' }] })
  const fetched = reader.call('Fetch', 11, {
    maxWaitMs: 60_000,
    minBytes: 1,
    maxBytes: 1000,
    topics: [{ topic: 't', partitions: [{ partition: 0, partitionMaxBytes: 1000 }] }],
  })
  const produced = await writer.call('Produce', 8, {
    acks: -1,
    topicData: [{ name: 't', partitionData: [{ index: 0, records: records() }] }],
  })
  expect(produced.responses[0]?.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 0 })
  expect((await fetched).responses[0]?.partitions[0]?.highWatermark).toBe(1)
})

test('settings of the broker are the defaults of its topics, and one that cannot be is refused', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'broker-'))
  lifecycle.defer(() => rmSync(directory, { recursive: true, force: true }))
  const options = { directory, port: 0, clock: systemClock, logger }
  await expect(startBroker({ ...options, settings: { 'log.retention.ms': 'soon' } })).rejects.toMatchObject({
    code: 'SETTING_INVALID',
  })
  const settings = { 'log.flush.interval.messages': '1', 'log.retention.ms': '5000', unheard: 'of' }
  const { port } = lifecycle.own(await startBroker({ ...options, settings }))
  const { call } = await client(port)
  const configs = [{ name: 'retention.ms', value: '7' }]
  await call('CreateTopics', 7, { topics: [{ name: 't', numPartitions: 1, replicationFactor: 1, configs }] })
  const configurationKeys = ['flush.messages', 'retention.ms', 'segment.ms']
  const resources = [{ resourceType: 2, resourceName: 't', configurationKeys }]
  const { results } = await call('DescribeConfigs', 4, { resources })
  expect(results[0]?.configs.map(({ name, value, configSource }) => [name, value, configSource])).toEqual([
    ['flush.messages', '1', 4],
    ['retention.ms', '7', 1],
    ['segment.ms', '604800000', 5],
  ])
})

test('offsets of a group without members are looked at in the asked interval, and go when their time is over', async () => {
  const sleeping = new Set<{ until: number; wake: () => void }>()
  let now = 1_000_000
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    sleep: (ms, signal) =>
      new Promise((wake) => {
        sleeping.add({ until: now + ms, wake })
        signal?.addEventListener('abort', () => wake())
      }),
    random: () => 0,
  }
  const pass = (ms: number) => {
    now += ms
    for (const one of sleeping) if (one.until <= now && sleeping.delete(one)) one.wake()
  }
  const { port } = await start({ clock, offsetsRetentionMinutes: 1, offsetsRetentionCheckIntervalMs: 45_000 })
  const { call } = await client(port)
  await call('CreateTopics', 7, { topics: [{ name: 't', numPartitions: 1, replicationFactor: 1 }] })
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: 3 }] }]
  await call('OffsetCommit', 8, { groupId: 'g', generationIdOrMemberEpoch: -1, topics })
  // A client of an old version says itself how long its offsets are kept.
  await call('OffsetCommit', 4, {
    ...{ groupId: 'long', generationIdOrMemberEpoch: -1, topics },
    retentionTimeMs: 3_600_000,
  })
  await call('OffsetCommit', 4, { groupId: 'short', generationIdOrMemberEpoch: -1, topics, retentionTimeMs: 70_000 })
  const groups = async () => (await call('ListGroups', 4, {})).groups.map(({ groupId }) => groupId)
  pass(59_999)
  expect(await groups()).toEqual(['g', 'long', 'short'])
  pass(1)
  expect(await groups()).toEqual(['g', 'long', 'short'])
  pass(45_000)
  expect(await groups()).toEqual(['long'])
})

test('a connection above the limit is closed unanswered, and one takes the place of each that ends', async () => {
  const broker = await start({ maxConnections: 2 })
  const [first, second] = await Promise.all([client(broker.port), client(broker.port)])
  await Promise.all([first.call('ApiVersions', 3, software), second.call('ApiVersions', 3, software)])
  const third = await client(broker.port)
  await expect(third.call('ApiVersions', 3, software)).rejects.toThrow('2 are open already')
  expect((await first.call('ApiVersions', 3, software)).errorCode).toBe(0)
  second.socket.end()
  await once(second.socket, 'close')
  const next = await client(broker.port)
  expect((await next.call('ApiVersions', 3, software)).errorCode).toBe(0)
})

test('refuses a host that other machines can reach', async () => {
  const options = { directory: join(tmpdir(), 'never-made'), port: 0, clock: systemClock, logger }
  await expect(startBroker({ ...options, host: '0.0.0.0' })).rejects.toMatchObject({ code: 'SETTING_INVALID' })
})
