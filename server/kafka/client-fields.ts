import { flag, int, list, long, secret, text } from '#server/contract/config-field.ts'
import { compressionLevels } from '#server/protocol/compression.ts'

const atLeast = (min: number) => ({ checks: [{ check: 'range', min } as const] })
const ms = (doc: string, value: number) =>
  long({ doc: `${doc}, in milliseconds.`, importance: 'low', default: value, ...atLeast(0) })
const bytes = (doc: string, value: number | null) =>
  int({ doc: `${doc}, in bytes.`, importance: 'medium', default: value, ...atLeast(0) })
const optional = (doc: string) => text({ doc, importance: 'medium', default: null })
const hidden = (doc: string) => secret({ doc, importance: 'high', default: null })

/**
 * How clients reach and convince brokers, with the defaults of Kafka's clients (`CommonClientConfigs`, `SaslConfigs`,
 * `SslConfigs`). The worker's own clients read them as they stand; those of connectors read them, too, and then what stands
 * under `producer.`, `consumer.` or `admin.`.
 */
export const clientFields = {
  'client.dns.lookup': text({
    doc: 'Whether names in bootstrap.servers stand for several hosts, whose own names are to be used.',
    importance: 'medium',
    default: 'use_all_dns_ips',
    checks: [{ check: 'one-of', values: ['use_all_dns_ips', 'resolve_canonical_bootstrap_servers_only'] }],
  }),
  'request.timeout.ms': int({
    doc: 'How long the answer to a request may take, in milliseconds. 30000 for the clients of connectors.',
    importance: 'low',
    default: 40_000,
    ...atLeast(0),
  }),
  'default.api.timeout.ms': int({
    doc: 'How long what takes several requests, or several tries of one, may take in all, in milliseconds.',
    importance: 'medium',
    default: 60_000,
    ...atLeast(0),
  }),
  'retry.backoff.ms': ms('The wait before a request that failed is sent again', 100),
  'retry.backoff.max.ms': ms('The longest such wait; each is twice as long as the one before', 1_000),
  'socket.connection.setup.timeout.ms': ms('How long a connection may take to come about', 10_000),
  'socket.connection.setup.timeout.max.ms': ms(
    'How long it may take at most: after each try that failed twice as long as before',
    30_000,
  ),
  'connections.max.idle.ms': long({
    doc: 'A connection that was idle for so long is closed, in milliseconds; -1 for never.',
    importance: 'low',
    default: 540_000,
    ...atLeast(-1),
  }),
  'reconnect.backoff.ms': ms('The wait before a broker that could not be reached is tried again', 50),
  'reconnect.backoff.max.ms': ms('The longest such wait; each is twice as long as the one before', 1_000),
  'metadata.max.age.ms': ms('How old what is known of topics may be before it is asked for again', 300_000),
  'metadata.recovery.strategy': text({
    doc: 'What to do when no broker that is known can be reached: rebootstrap begins anew with bootstrap.servers, none tries the same brokers on.',
    importance: 'low',
    default: 'rebootstrap',
    checks: [{ check: 'one-of', values: ['rebootstrap', 'none'], ignoreCase: true }],
  }),
  'metadata.recovery.rebootstrap.trigger.ms': ms(
    'After so long without an answer about the cluster the strategy rebootstrap also gives up brokers that can be reached',
    300_000,
  ),

  'security.protocol': text({
    doc: 'How connections are protected.',
    importance: 'medium',
    default: 'PLAINTEXT',
    checks: [{ check: 'one-of', values: ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'], ignoreCase: true }],
  }),
  'sasl.mechanism': text({
    doc: 'How clients log in: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER. GSSAPI is not offered.',
    importance: 'medium',
    default: 'GSSAPI',
  }),
  'sasl.jaas.config': hidden('What they log in with, as a line of JAAS.'),
  'sasl.oauthbearer.token.endpoint.url': optional('Where OAUTHBEARER gets its tokens: https, http, or a file.'),
  'sasl.oauthbearer.client.credentials.client.id': optional('The client id for that address.'),
  'sasl.oauthbearer.client.credentials.client.secret': hidden('The secret for that address.'),
  'sasl.oauthbearer.scope': optional('The scope of the tokens.'),
  'sasl.login.connect.timeout.ms': ms('How long a connection to that address may take', 10_000),
  'sasl.login.read.timeout.ms': ms('How long its answer may take', 10_000),
  'sasl.login.retry.backoff.ms': ms('The wait before it is asked again', 100),
  'sasl.login.retry.backoff.max.ms': ms('The longest such wait', 10_000),

  'ssl.truststore.location': optional(
    'A file with the certificates that are trusted; without any, those that come with Node.',
  ),
  'ssl.truststore.type': optional('PEM, PKCS12 or JKS; what a file of JKS is, is read from its bytes.'),
  'ssl.truststore.password': hidden('The password of that file.'),
  'ssl.truststore.certificates': optional('The certificates that are trusted, in PEM, in place of a file.'),
  'ssl.keystore.location': optional('A file with our own key and its certificates.'),
  'ssl.keystore.type': optional('PEM, PKCS12 or JKS, as for the other file.'),
  'ssl.keystore.password': hidden('The password of that file.'),
  'ssl.keystore.key': hidden('Our own key in PEM, in place of a file.'),
  'ssl.keystore.certificate.chain': optional('The certificates of that key, in PEM.'),
  'ssl.key.password': hidden('The password of our own key.'),
  'ssl.enabled.protocols': list({
    doc: 'The versions of TLS that may be spoken.',
    importance: 'medium',
    default: ['TLSv1.2', 'TLSv1.3'],
  }),
  'ssl.cipher.suites': list({
    doc: 'The ciphers that may be used; empty for those of Node.',
    importance: 'low',
    default: [],
  }),
  'ssl.endpoint.identification.algorithm': text({
    doc: 'With https a certificate has to be that of its host; empty takes any.',
    importance: 'low',
    default: 'https',
  }),
}

const level = (type: keyof typeof compressionLevels) => {
  const { min, max, default: value } = compressionLevels[type]
  return int({ doc: `How hard ${type} packs, from ${min} to ${max}.`, importance: 'low', default: value })
}

/** What one of these tables says where nobody says anything else. */
export const defaultNumber = (field: { default?: number | null }): number => field.default ?? 0

/** What clients of connectors wait for an answer, where nobody says how long (Kafka: `ProducerConfig`, `ConsumerConfig`, `AdminClientConfig`). */
export const connectorRequestTimeoutMs = 30_000

/** Under `producer.`, and under `producer.override.` of a connector: what records of sources and dead letters are written with. */
export const producerFields = {
  acks: text({
    doc: 'Who must have a batch before it counts as written: all, 1 (the leader) or 0 (nobody).',
    importance: 'low',
    default: 'all',
  }),
  'enable.idempotence': flag({
    doc: 'Whether what is sent again is written once and in order. Kafka Connect turns it off unless it is asked for.',
    importance: 'low',
    default: true,
  }),
  'max.in.flight.requests.per.connection': int({
    doc: 'Batches of a partition that wait for an answer at the same time; more than 5 count as 5.',
    importance: 'low',
    default: 5,
    ...atLeast(1),
  }),
  'delivery.timeout.ms': int({
    doc: 'How long a batch may take until it counts as failed, in milliseconds.',
    importance: 'medium',
    default: 2_147_483_647,
    ...atLeast(0),
  }),
  'max.block.ms': long({
    doc: 'How long a record may wait for its topic to be known, and for memory, and how long a transaction may take to begin or to end, in milliseconds; then the task fails. Without it that is waited for as long as it takes, as in Kafka Connect.',
    importance: 'medium',
    default: null,
    ...atLeast(0),
  }),
  retries: int({
    doc: 'How often a batch is sent again that Kafka could not take. Without it as often as delivery.timeout.ms lets it; with 0 enable.idempotence is off.',
    importance: 'high',
    default: 2_147_483_647,
    ...atLeast(0),
  }),
  'transaction.timeout.ms': int({
    doc: 'How long a transaction of an exactly-once source may be open before Kafka aborts it, in milliseconds.',
    importance: 'low',
    default: 60_000,
    ...atLeast(1),
  }),
  'linger.ms': ms('How long records wait for others to share a batch with', 0),
  'batch.size': bytes('The largest batch', 1_048_576),
  'buffer.memory': bytes('Batches that may wait for their answers', 33_554_432),
  'max.request.size': bytes('A larger record is refused before it is sent; without it the broker judges', null),
  'compression.type': text({
    doc: 'In what batches are sent.',
    importance: 'high',
    default: 'none',
    checks: [{ check: 'one-of', values: ['none', 'gzip', 'snappy', 'lz4', 'zstd'] }],
  }),
  'compression.gzip.level': level('gzip'),
  'compression.lz4.level': level('lz4'),
  'compression.zstd.level': level('zstd'),
}

/** Under `consumer.`, and under `consumer.override.` of a connector: what sinks read with. */
export const consumerFields = {
  'group.id': text({
    doc: 'The group of a sink; without it connect- and its name.',
    importance: 'high',
    default: null,
  }),
  'auto.offset.reset': text({
    doc: 'Where a sink begins without a committed offset: earliest, latest, by_duration:PT1H for the records of the last hour (ISO 8601), or none to fail.',
    importance: 'medium',
    default: 'earliest',
  }),
  'allow.auto.create.topics': flag({
    doc: 'Whether a topic that is missing is created by a broker that may; a sink waits for it either way.',
    importance: 'medium',
    default: true,
  }),
  'exclude.internal.topics': flag({
    doc: 'Whether topics.regex leaves Kafka’s own topics alone, such as __consumer_offsets.',
    importance: 'medium',
    default: true,
  }),
  'isolation.level': text({
    doc: 'Whether a sink sees records of transactions that are open or were aborted.',
    importance: 'medium',
    default: 'read_uncommitted',
    checks: [{ check: 'one-of', values: ['read_uncommitted', 'read_committed'] }],
  }),
  'partition.assignment.strategy': list({
    doc: 'How the tasks of a sink share partitions, in order of preference: RangeAssignor, RoundRobinAssignor, StickyAssignor or CooperativeStickyAssignor of org.apache.kafka.clients.consumer. Under the last one alone a task goes on with what stays its own.',
    importance: 'medium',
    default: [
      'org.apache.kafka.clients.consumer.RangeAssignor',
      'org.apache.kafka.clients.consumer.CooperativeStickyAssignor',
    ],
  }),
  'session.timeout.ms': ms(
    'A task that was not heard of for so long loses its partitions; 45000 where heartbeat.interval.ms alone is set, to more than 5000',
    10_000,
  ),
  'heartbeat.interval.ms': ms('How often a task is heard of', 3_000),
  'max.poll.interval.ms': int({
    doc: 'A task whose delivery takes longer leaves its group, and the records come again, in milliseconds. Without it heartbeats keep the task in its group however long a delivery takes, and a rebalance waits 300000 for it.',
    importance: 'medium',
    default: null,
    ...atLeast(1),
  }),
  'group.instance.id': text({
    doc: 'A name under which a task keeps its partitions while it is away for less than session.timeout.ms. Task 0 has it as it stands, task 1 with -1 behind it, and so on.',
    importance: 'medium',
    default: null,
    checks: [{ check: 'non-empty' }],
  }),
  'max.poll.records': int({
    doc: 'The most records that one delivery holds. Without it a delivery is what was fetched.',
    importance: 'medium',
    default: null,
    ...atLeast(1),
  }),
  'client.rack': text({
    doc: 'Where a sink is, by the names that brokers give their own places (broker.rack): it reads from the nearest replica that its leader names, where brokers have a replica.selector.class.',
    importance: 'low',
    default: '',
  }),
  'check.crcs': flag({
    doc: 'Whether a batch has to have the checksum that it was written with. One that has not is asked for again, and fails the task when it never comes whole.',
    importance: 'low',
    default: true,
  }),
  'fetch.max.wait.ms': ms('How long a broker may wait for records', 500),
  'fetch.min.bytes': bytes('For so much it waits', 1),
  'fetch.max.bytes': bytes('The most that an answer holds', 52_428_800),
  'max.partition.fetch.bytes': bytes('The most that it holds of a partition', 1_048_576),
}
