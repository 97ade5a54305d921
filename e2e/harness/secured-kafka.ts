import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '#e2e/harness/free-port.ts'
import { type KafkaNode, startKafkaNode } from '#e2e/harness/jvm.ts'
import type { Properties } from '#e2e/harness/worker-properties.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'
import { makeCertificates } from '#server/kafka/testdata/certificates.ts'

/** Apache Kafka behind SASL_SSL, with a plain door beside it for whoever looks on. */
export interface SecuredKafka extends AsyncDisposable {
  node: KafkaNode
  /** Address, TLS and login, as a client's properties. */
  client: Properties
}

const plain = (options: string) => `org.apache.kafka.common.security.plain.PlainLoginModule required ${options};`

/** @param folder where it keeps its data; it exists. */
export async function startSecuredKafka(folder: string): Promise<SecuredKafka> {
  const lifecycle = createLifecycle()
  const made = makeCertificates()
  lifecycle.defer(() => made[Symbol.dispose]())
  const identity = join(folder, 'broker.pem')
  const trusted = join(made.directory, 'ca.pem')
  writeFileSync(identity, made.pem('key.pem') + made.pem('cert.pem') + made.pem('ca.pem'))
  const address = `127.0.0.1:${await freePort()}`
  const properties = (addresses: string) => ({
    listeners: `${addresses},SASL_SSL://${address}`,
    'advertised.listeners': `${addresses},SASL_SSL://${address}`,
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': identity,
    'sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.sasl_ssl.plain.sasl.jaas.config': plain('user_ada="s3cret"'),
  })
  const node = lifecycle.own(await startKafkaNode(join(folder, 'node'), { properties }))
  const client = {
    'bootstrap.servers': address,
    'security.protocol': 'SASL_SSL',
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': trusted,
    'sasl.mechanism': 'PLAIN',
    'sasl.jaas.config': plain('username="ada" password="s3cret"'),
  }
  return { node, client, [Symbol.asyncDispose]: () => lifecycle[Symbol.asyncDispose]() }
}

/** A client's properties for a worker's own clients, and for those of its connectors. */
export const forEveryClient = (client: Properties): Properties =>
  Object.fromEntries(
    ['', 'producer.', 'consumer.', 'admin.'].flatMap((prefix) =>
      Object.entries(client).map(([key, value]) => [`${prefix}${key}`, value]),
    ),
  )
