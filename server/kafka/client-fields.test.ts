import { expect, test } from 'vitest'
import { clientFields, consumerFields, producerFields } from '#server/kafka/client-fields.ts'
import { clientSettings } from '#server/kafka/client-settings.ts'
import { producerSettings } from '#server/kafka/producer-settings.ts'
import { subscriptionOf } from '#server/runtime/task/sink-subscription.ts'

/** The keys that reading takes notice of, also when it ends in an error. */
function keysReadBy(read: (properties: Record<string, string>) => unknown, given: Record<string, string> = {}) {
  const seen = new Set<string>()
  const properties = new Proxy(given, {
    get(target, key) {
      seen.add(String(key))
      return Reflect.get(target, key)
    },
  })
  try {
    read(properties)
  } catch {
    // What it has read so far is what counts.
  }
  return [...seen]
}

test('the table of connections names what clients read, and nothing else', () => {
  const oauth = { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'OAUTHBEARER', 'bootstrap.servers': 'h:1' }
  const url = 'sasl.oauthbearer.token.endpoint.url'
  const credentials = {
    'sasl.oauthbearer.client.credentials.client.id': 'id',
    'sasl.oauthbearer.client.credentials.client.secret': 'secret',
  }
  const stores = { 'security.protocol': 'SSL', 'bootstrap.servers': 'h:1' }
  const read = new Set([
    ...keysReadBy(clientSettings, { ...oauth, [url]: 'http://h/token', ...credentials }),
    ...keysReadBy(clientSettings, { ...stores, 'ssl.keystore.key': 'no key' }),
    ...keysReadBy(clientSettings, { ...stores, 'ssl.keystore.location': import.meta.filename }),
    ...keysReadBy(clientSettings, { ...stores, 'ssl.truststore.location': import.meta.filename }),
  ])
  read.delete('bootstrap.servers')
  // Read only when a key in PEM has been found.
  read.add('ssl.key.password')
  expect([...read].sort()).toEqual(Object.keys(clientFields).sort())
})

test('the table of producers names what producers read, and nothing else', () => {
  const read = new Set(keysReadBy(producerSettings, { 'delivery.timeout.ms': '40000', 'compression.type': 'gzip' }))
  read.delete('request.timeout.ms') // stands among the connections
  read.add('transaction.timeout.ms') // read where transactions are opened
  expect([...read].sort()).toEqual(Object.keys(producerFields).sort())
})

test('the table of consumers names what sinks read, and nothing else', () => {
  const read = new Set(keysReadBy((worker) => subscriptionOf({ connector: 's', task: 0 }, { topics: 't' }, worker)))
  read.delete('consumer.metadata.max.age.ms') // stands among the connections
  expect([...read].sort()).toEqual(
    Object.keys(consumerFields)
      .map((key) => `consumer.${key}`)
      .sort(),
  )
})
