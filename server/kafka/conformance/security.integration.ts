import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '#e2e/harness/free-port.ts'
import { type KafkaNode, startKafkaNode } from '#e2e/harness/jvm.ts'
import { systemClock } from '#server/contract/clock.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { clientSettings, type Properties } from '#server/kafka/client-settings.ts'
import { createKafkaJs } from '#server/kafka/kafkajs.ts'
import { createProducer } from '#server/kafka/producer.ts'
import { type Certificates, makeCertificates } from '#server/kafka/testdata/certificates.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'

const modules = 'org.apache.kafka.common.security'
const login = (module: string, options: string) => `${modules}.${module} required ${options};`
const scram = login('scram.ScramLoginModule', 'username="ada" password="s3cret"')
const loginLifetimeMs = 1_500

// Our own broker has no door of this kind, so these are proven where Apache Kafka is (`npm run test:kafka`).
describe.skipIf(!process.env.SLUICE_KAFKA_HOME)('Apache Kafka behind TLS and SASL', () => {
  let folder: string
  let made: Certificates
  let node: KafkaNode
  let ssl: string
  let saslSsl: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-secured-kafka-'))
    made = makeCertificates()
    const identity = join(folder, 'broker.pem')
    writeFileSync(identity, made.pem('key.pem') + made.pem('cert.pem') + made.pem('ca.pem'))
    const trusted = join(made.directory, 'ca.pem')
    execFileSync('keytool', [
      ...['-importcert', '-noprompt', '-alias', 'ca', '-file', trusted, '-storetype', 'PKCS12'],
      ...['-keystore', join(folder, 'trust.p12'), '-storepass', 'changeit'],
    ])
    ssl = `127.0.0.1:${await freePort()}`
    saslSsl = `127.0.0.1:${await freePort()}`
    node = await startKafkaNode(join(folder, 'node'), {
      properties(addresses) {
        const all = `${addresses},SSL://${ssl},SASL_SSL://${saslSsl}`
        return {
          listeners: all,
          'advertised.listeners': all,
          'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL',
          'ssl.keystore.type': 'PEM',
          'ssl.keystore.location': identity,
          'ssl.truststore.type': 'PEM',
          'ssl.truststore.location': trusted,
          'listener.name.ssl.ssl.client.auth': 'required',
          'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
          'connections.max.reauth.ms': `${loginLifetimeMs}`,
          'listener.name.sasl_ssl.plain.sasl.jaas.config': login('plain.PlainLoginModule', 'user_ada="s3cret"'),
          'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': login('scram.ScramLoginModule', ''),
          'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': login('scram.ScramLoginModule', ''),
          'listener.name.sasl_ssl.oauthbearer.sasl.jaas.config': login('oauthbearer.OAuthBearerLoginModule', ''),
        }
      },
      format: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
        '--add-scram',
        `${mechanism}=[name=ada,password=s3cret]`,
      ]),
    })
  })
  afterAll(async () => {
    await node?.[Symbol.asyncDispose]()
    made?.[Symbol.dispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  const trustStore = () => ({
    'ssl.truststore.type': 'PKCS12',
    'ssl.truststore.location': join(folder, 'trust.p12'),
    'ssl.truststore.password': 'changeit',
  })
  const sasl = (mechanism: string, jaas: string) => ({
    'bootstrap.servers': saslSsl,
    'security.protocol': 'SASL_SSL',
    'sasl.mechanism': mechanism,
    'sasl.jaas.config': jaas,
    ...trustStore(),
  })
  const plain = () => sasl('PLAIN', login('plain.PlainLoginModule', 'username="ada" password="s3cret"'))
  const own = { clientId: 'test', clock: systemClock, logger: quietLogger }
  const open = (properties: Properties) => createKafkaClient({ ...clientSettings(properties), ...own })

  test.each<[string, () => Properties]>([
    ['PLAIN', plain],
    ['SCRAM-SHA-256', () => sasl('SCRAM-SHA-256', scram)],
    ['SCRAM-SHA-512', () => sasl('SCRAM-SHA-512', scram)],
    [
      'OAUTHBEARER',
      () => sasl('OAUTHBEARER', login('oauthbearer.OAuthBearerLoginModule', 'unsecuredLoginStringClaim_sub="ada"')),
    ],
    [
      'a certificate of ours',
      () => ({
        'bootstrap.servers': ssl,
        'security.protocol': 'SSL',
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.key': made.pem('key.pem'),
        'ssl.keystore.certificate.chain': made.pem('cert.pem'),
        ...trustStore(),
      }),
    ],
  ])('records are written by %s', async (name, properties) => {
    await using client = open(properties())
    const topic = `secured-${name.toLowerCase().replaceAll(' ', '-')}`
    await createAdmin(client).createTopics([{ name: topic, partitions: 1, replicationFactor: 1 }])
    await using producer = createProducer(client, { acks: -1, idempotent: true })
    const [ack] = await producer.produce(topic, [{ key: null, value: Buffer.from('v'), partition: 0 }])
    expect(ack?.baseOffset).toBe(0)
  })

  test.each<[string, () => Properties]>([
    ['PLAIN', () => sasl('PLAIN', login('plain.PlainLoginModule', 'username="ada" password="guess"'))],
    ['SCRAM-SHA-512', () => sasl('SCRAM-SHA-512', scram.replace('s3cret', 'guess'))],
  ])('a wrong password with %s is one clear error', async (_, properties) => {
    await using client = open(properties())
    const asked = client.clusterId()
    await expect(asked).rejects.toMatchObject({ errorName: 'SASL_AUTHENTICATION_FAILED', retriable: false })
    await expect(asked).rejects.not.toThrow(/guess/)
  })

  test('without a certificate of ours the broker that wants one is refused with the reason', async () => {
    await using client = open({ 'bootstrap.servers': ssl, 'security.protocol': 'SSL', ...trustStore() })
    await expect(client.clusterId()).rejects.toMatchObject({ errorName: 'INVALID_CONFIG' })
  })

  test('R-K07: writing goes on over logins that run out, on the same connection', async () => {
    await using client = open(sasl('SCRAM-SHA-256', scram))
    await createAdmin(client).createTopics([{ name: 'long', partitions: 1, replicationFactor: 1 }])
    await using producer = createProducer(client, { acks: -1, idempotent: true })
    const to = { leaderOf: { topic: 'long', partition: 0 } } as const
    await client.topic('long')
    const connection = await client.connection(to)
    const until = Date.now() + 3 * loginLifetimeMs
    let count = 0
    while (Date.now() < until) {
      const value = Buffer.from(`${count}`)
      const [ack] = await producer.produce('long', [{ key: null, value, partition: 0 }])
      expect(ack?.baseOffset).toBe(count++)
    }
    expect(connection.closed).toBe(false)
    expect(await client.connection(to)).toBe(connection)
  })

  test('kafkajs connects with the same settings', async () => {
    await using kafkaJs = createKafkaJs({ ...clientSettings(plain()), ...own, deadlineMs: 10_000 })
    expect((await kafkaJs.topics()).length).toBeGreaterThan(0)
  })
})
