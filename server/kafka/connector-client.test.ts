import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { createClientPool } from '#server/kafka/client-pool.ts'
import { connectorClientProperties } from '#server/kafka/connector-client.ts'
import { producerSettings } from '#server/kafka/producer-settings.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'

test('a connector’s override goes over the worker’s producer properties, and those over the worker’s own', () => {
  const worker = {
    'bootstrap.servers': 'own:1',
    'client.id': 'worker',
    'security.protocol': 'SSL',
    'producer.linger.ms': '5',
    'producer.bootstrap.servers': 'producers:1',
    'consumer.linger.ms': '9',
  }
  const connector = { 'producer.override.linger.ms': '7', 'bootstrap.servers': 'not a client property', acks: '0' }
  const seen = connectorClientProperties('producer', worker, connector)
  expect(seen).toMatchObject({ 'bootstrap.servers': 'producers:1', 'security.protocol': 'SSL', 'linger.ms': '7' })
  expect(seen['client.id']).toBeUndefined()
  expect(producerSettings(seen)).toEqual({ lingerMs: 7 })
})

test.each([
  [
    { acks: 'all', 'compression.type': 'zstd' },
    { acks: -1, compression: 'zstd' },
  ],
  [{ acks: '1' }, { acks: 1, idempotent: false }],
  [
    { 'compression.type': 'gzip', 'compression.gzip.level': '-1', 'compression.zstd.level': '19' },
    { compression: 'gzip', compressionLevel: -1 },
  ],
  [{ 'compression.lz4.level': '3' }, {}],
  [{ retries: '3' }, { retries: 3 }],
  [{ retries: '0' }, { retries: 0, idempotent: false }],
  [
    { retries: '1', 'enable.idempotence': 'true' },
    { retries: 1, idempotent: true },
  ],
  [{ 'max.block.ms': '500' }, { maxBlockMs: 500 }],
  [{ 'max.block.ms': '9223372036854775807' }, { maxBlockMs: Number.POSITIVE_INFINITY }],
  [{ 'enable.idempotence': 'false' }, { idempotent: false }],
  [{ 'max.in.flight.requests.per.connection': '50' }, { maxInFlight: 5 }],
  [
    { 'batch.size': '0', 'buffer.memory': '33554432' },
    { maxBatchBytes: 1024, bufferBytes: 33_554_432 },
  ],
  [
    { 'delivery.timeout.ms': '1000', 'request.timeout.ms': '500' },
    { deliveryTimeoutMs: 1000, requestTimeoutMs: 500 },
  ],
])('producer properties %o mean %o', (properties, settings) => {
  expect(producerSettings(properties)).toEqual(settings)
})

test.each([
  [{ acks: '2' }, /acks/],
  [{ acks: '1', 'enable.idempotence': 'true' }, /acks: it must be all/],
  [{ 'compression.type': 'rar' }, /compression\.type/],
  [{ 'linger.ms': 'soon' }, /linger\.ms/],
  [{ 'delivery.timeout.ms': '29999' }, /delivery\.timeout\.ms: it must be at least linger.* 30000/],
  [{ 'compression.gzip.level': '0' }, /compression\.gzip\.level: it must be a whole number from 1 to 9 or -1/],
  [{ 'compression.zstd.level': '23' }, /compression\.zstd\.level/],
  [{ 'max.in.flight.requests.per.connection': '0' }, /max\.in\.flight/],
  [
    { retries: '0', 'enable.idempotence': 'true' },
    /configuration retries: Must set retries to non-zero when using the idempotent producer\./,
  ],
  [{ retries: '-1' }, /retries: it must be a whole number from 0 to 2147483647/],
  [{ retries: '2147483648' }, /retries/],
  [{ retries: 'often' }, /retries/],
  [{ 'max.block.ms': '-1' }, /max\.block\.ms: it must be a number of milliseconds/],
  [{ 'max.block.ms': 'long' }, /max\.block\.ms/],
])('producer properties %o are refused by name', (properties, error) => {
  expect(() => producerSettings(properties)).toThrow(error)
})

test('who asks with the same connection settings shares a client, until the last lets go', async () => {
  await using pool = createClientPool({ clientId: 'thread', clock: systemClock, logger: quietLogger })
  const first = pool.lease({ 'bootstrap.servers': 'h:1', 'linger.ms': '1' })
  const second = pool.lease({ 'bootstrap.servers': 'h:1', 'linger.ms': '2' })
  const other = pool.lease({ 'bootstrap.servers': 'h:1', 'client.id': 'of its own' })
  expect(second.client).toBe(first.client)
  expect(other.client).not.toBe(first.client)
  expect([first.client.clientId, other.client.clientId]).toEqual(['thread', 'of its own'])
  first.release()
  first.release()
  expect(pool.lease({ 'bootstrap.servers': 'h:1' }).client).toBe(second.client)
})
