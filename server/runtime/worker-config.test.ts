import { describe, expect, test } from 'vitest'
import { readWorkerConfig } from '#server/runtime/worker-config.ts'

const least = {
  'bootstrap.servers': 'a:1, b:2',
  'group.id': 'g',
  'key.converter': 'JsonConverter',
  'value.converter': 'JsonConverter',
  'config.storage.topic': 'configs',
  'offset.storage.topic': 'offsets',
  'status.storage.topic': 'statuses',
}
const macs = '[HmacMD5, HmacSHA1, HmacSHA224, HmacSHA256, HmacSHA384, HmacSHA512]'
const unsupported = `the algorithm is not supported by this JVM; the supported algorithms are: ${macs}`

test('connectors may override everything in compat, what is harmless in safe, and what was said in both', () => {
  const overrides = (more: Record<string, string>) => readWorkerConfig({ ...least, ...more }).overrides
  const safe = { 'sluice.profile': 'safe' }
  const listed = { 'connector.client.config.override.allowlist': 'linger.ms' }
  const all = { 'connector.client.config.override.policy': 'All' }
  expect(overrides({ 'sluice.profile': 'compat' }).policy).toBe('All')
  expect(overrides(safe)).toMatchObject({
    policy: 'Allowlist',
    allowlist: expect.arrayContaining(['linger.ms', 'acks']),
  })
  expect(overrides({ ...safe, ...listed })).toEqual({ policy: 'Allowlist', allowlist: ['linger.ms'] })
  expect(overrides({ ...safe, ...all }).policy).toBe('All')
})

test("what is not set has Kafka's defaults, but for the delay of a rebalance, which is ours", () => {
  expect(readWorkerConfig(least)).toMatchObject({
    bootstrapServers: ['a:1', 'b:2'],
    groupId: 'g',
    clientIdStem: 'g',
    configTopic: { name: 'configs', partitions: 1, replicationFactor: 3, settings: {} },
    offsetTopic: { name: 'offsets', partitions: 25, replicationFactor: 3 },
    statusTopic: { name: 'statuses', partitions: 5, replicationFactor: 3 },
    converters: { 'header.converter': 'org.apache.kafka.connect.storage.SimpleHeaderConverter' },
    group: {
      sessionTimeoutMs: 10_000,
      heartbeatIntervalMs: 3_000,
      rebalanceTimeoutMs: 60_000,
      syncTimeoutMs: 3_000,
      unsyncBackOffMs: 300_000,
      protocol: 'sessioned',
      maxRebalanceDelayMs: null,
    },
    signing: { keyAlgorithm: 'HmacSHA256', keyBytes: 32, keyTtlMs: 3_600_000, algorithm: 'HmacSHA256' },
    taskStopTimeoutMs: 5_000,
    offsetFlushIntervalMs: 60_000,
    offsetFlushTimeoutMs: 5_000,
    topicTracking: { enabled: true, resettable: true },
    overrides: { policy: 'All', allowlist: [] },
  })
})

test('internal topics take the settings under their prefix, but never another cleanup policy or a partition more', () => {
  const { configTopic, offsetTopic } = readWorkerConfig({
    ...least,
    'config.storage.partitions': '3',
    'config.storage.cleanup.policy': 'delete',
    'config.storage.min.insync.replicas': '2',
    'offset.storage.partitions': '-1',
    'offset.storage.replication.factor': '-1',
  })
  expect(configTopic).toMatchObject({ partitions: 1, settings: { 'min.insync.replicas': '2' } })
  expect(offsetTopic).toMatchObject({ partitions: -1, replicationFactor: -1, settings: {} })
})

test('the size of the session key is what was set, else what Java takes for the algorithm', () => {
  const bytesWith = (settings: Record<string, string>) => readWorkerConfig({ ...least, ...settings }).signing.keyBytes
  expect(bytesWith({ 'inter.worker.key.size': '129' })).toBe(17)
  expect(bytesWith({ 'inter.worker.key.generation.algorithm': 'HmacSHA1' })).toBe(64)
  expect(bytesWith({ 'inter.worker.key.generation.algorithm': 'HmacSHA384' })).toBe(48)
})

describe("a wrong setting is refused in Kafka's words", () => {
  const cases: [name: string, settings: Record<string, string | undefined>, message: string][] = [
    ['no group', { 'group.id': undefined }, 'Missing required configuration "group.id" which has no default value.'],
    [
      'no topic',
      { 'status.storage.topic': undefined },
      'Missing required configuration "status.storage.topic" which has no default value.',
    ],
    [
      'no number',
      { 'session.timeout.ms': 'soon' },
      'Invalid value soon for configuration session.timeout.ms: Not a number of type INT',
    ],
    [
      'no boolean',
      { 'topic.tracking.enable': 'maybe' },
      'Invalid value maybe for configuration topic.tracking.enable: Expected value to be either true or false',
    ],
    [
      'an unknown protocol',
      { 'connect.protocol': 'loose' },
      'Invalid value loose for configuration connect.protocol: String must be one of: eager, compatible, sessioned',
    ],
    [
      'a negative delay',
      { 'scheduled.rebalance.max.delay.ms': '-1' },
      'Invalid value -1 for configuration scheduled.rebalance.max.delay.ms: Value must be at least 0',
    ],
    [
      'an unknown policy',
      { 'connector.client.config.override.policy': 'Some' },
      'Invalid value Some for configuration connector.client.config.override.policy: String must be one of: All, None, Principal, Allowlist',
    ],
    [
      'an unknown key generator',
      { 'inter.worker.key.generation.algorithm': 'Rot13' },
      `Invalid value Rot13 for configuration inter.worker.key.generation.algorithm: ${unsupported}`,
    ],
    [
      'an unknown signature',
      { 'inter.worker.signature.algorithm': 'Rot13' },
      `Invalid value Rot13 for configuration inter.worker.signature.algorithm: ${unsupported}`,
    ],
    [
      'an unknown verification',
      { 'inter.worker.verification.algorithms': 'HmacSHA256,Rot13' },
      `Invalid value Rot13 for configuration inter.worker.verification.algorithms: ${unsupported}`,
    ],
    [
      'no verification',
      { 'inter.worker.verification.algorithms': '' },
      'Invalid value [] for configuration inter.worker.verification.algorithms: At least one signature verification algorithm must be provided',
    ],
    [
      'a signature that is not accepted',
      { 'inter.worker.signature.algorithm': 'HmacSHA512' },
      'Invalid value HmacSHA512 for configuration inter.worker.signature.algorithm: Signature algorithm must be present in inter.worker.verification.algorithms list',
    ],
    [
      'a key of few bits',
      { 'inter.worker.key.size': '8' },
      'Unable to create key generator with algorithm HmacSHA256 and key size 8: Key length must be at least 40 bits',
    ],
    [
      'heartbeats as long as a session',
      { 'heartbeat.interval.ms': '10000' },
      'Invalid value 10000 for configuration heartbeat.interval.ms: it must be lower than session.timeout.ms (10000)',
    ],
    [
      'an assignor that no sink has',
      { 'consumer.partition.assignment.strategy': 'com.acme.Mine' },
      "Invalid value com.acme.Mine for configuration partition.assignment.strategy: there is no assignor 'com.acme.Mine' here; list one or more of org.apache.kafka.clients.consumer.RangeAssignor, org.apache.kafka.clients.consumer.RoundRobinAssignor, org.apache.kafka.clients.consumer.StickyAssignor, org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
    ],
    [
      'a name of an object member',
      { 'inter.worker.signature.algorithm': 'constructor' },
      `Invalid value constructor for configuration inter.worker.signature.algorithm: ${unsupported}`,
    ],
  ]
  test.each(cases)('%s', (_, settings, message) => {
    const given = Object.entries({ ...least, ...settings }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    )
    const refused = expect.objectContaining({ code: 'SETTING_INVALID', message })
    expect(() => readWorkerConfig(Object.fromEntries(given))).toThrow(refused)
  })
})
