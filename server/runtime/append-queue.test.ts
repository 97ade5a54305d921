import { expect, test } from 'vitest'
import type { Ack } from '#server/kafka/ack.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'
import { createAppendQueue } from '#server/runtime/append-queue.ts'
import { settled } from '#server/runtime/test-tree/fake-clock.ts'

/** A producer whose writes end when the test says so. */
function heldProducer() {
  const writes: { keys: string[]; end(error?: Error): Promise<void> }[] = []
  const queue = createAppendQueue(
    {
      produce: (_topic, records) =>
        new Promise<Ack[]>((resolve, reject) => {
          writes.push({
            keys: records.map(({ key }) => Buffer.from(key ?? []).toString()),
            async end(error) {
              if (error) reject(error)
              else resolve([])
              await settled()
            },
          })
        }),
    },
    'topic',
  )
  return { writes, append: (key: string) => queue.append([{ key, value: null }]) }
}

test('what comes while a write is under way goes together, and in order, in the next one', async () => {
  const { writes, append } = heldProducer()
  const appended = ['a', 'b', 'c'].map(append)
  expect(writes.map(({ keys }) => keys)).toEqual([['a']])
  await writes[0]?.end()
  expect(writes.map(({ keys }) => keys)).toEqual([['a'], ['b', 'c']])
  await writes[1]?.end()
  await Promise.all(appended)
})

test('what the broker refuses fails alone', async () => {
  const { writes, append } = heldProducer()
  const first = append('a')
  const large = append('large').catch((error: unknown) => error)
  const small = append('small')
  await writes[0]?.end()
  await writes[1]?.end(new KafkaError('MESSAGE_TOO_LARGE'))
  await writes[2]?.end(new KafkaError('MESSAGE_TOO_LARGE'))
  await writes[3]?.end()
  expect(writes.map(({ keys }) => keys)).toEqual([['a'], ['large', 'small'], ['large'], ['small']])
  expect(await large).toMatchObject({ errorName: 'MESSAGE_TOO_LARGE' })
  await Promise.all([first, small])
})

test('a lost connection is told to everybody, and the next write begins anew', async () => {
  const { writes, append } = heldProducer()
  const failed = append('a').catch((error: unknown) => error)
  await writes[0]?.end(new KafkaError('NETWORK_EXCEPTION'))
  expect(await failed).toMatchObject({ errorName: 'NETWORK_EXCEPTION' })
  const next = append('b')
  await writes[1]?.end()
  await next
})
