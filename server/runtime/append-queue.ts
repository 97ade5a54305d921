import type { TextRecord } from '#server/core/config-record.ts'
import type { Ack } from '#server/kafka/ack.ts'
import type { Producer } from '#server/kafka/producer.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** Writes records in the order in which they were given, also while Kafka is away. */
export interface AppendQueue {
  /** Resolves when the records are durable. */
  append(records: readonly TextRecord[]): Promise<Ack[]>
  /** Rejects what waits; what is under way is the producer's. */
  abandon(): void
}

interface Waiting {
  records: readonly TextRecord[]
  resolve(acks: Ack[]): void
  reject(error: unknown): void
}

/**
 * One write is under way at a time, and all that came meanwhile go together in the next one: so the last word on a key is
 * the last in the topic, and a thousand tasks that start at once cost few requests. What the broker refuses is tried alone,
 * so that nobody fails with a record that somebody else wrote (I9).
 */
export function createAppendQueue(producer: Pick<Producer, 'produce'>, topic: string): AppendQueue {
  let waiting: Waiting[] = []
  let running = false

  async function run(): Promise<void> {
    if (running) return
    running = true
    while (waiting.length > 0) {
      const together = waiting
      waiting = []
      await write(together)
    }
    running = false
  }

  async function write(together: readonly Waiting[]): Promise<void> {
    try {
      const acks = await producer.produce(
        topic,
        together.flatMap(({ records }) => records.map(toBytes)),
      )
      for (const { resolve } of together) resolve(acks)
    } catch (error) {
      const refused = error instanceof KafkaError && !error.retriable
      if (refused && together.length > 1) for (const one of together) await write([one])
      else for (const { reject } of together) reject(error)
    }
  }

  return {
    append(records) {
      if (records.length === 0) return Promise.resolve([])
      return new Promise((resolve, reject) => {
        waiting.push({ records, resolve, reject })
        void run()
      })
    },
    abandon() {
      for (const { reject } of waiting.splice(0)) reject(new Error('the write was given up before it was begun'))
    },
  }
}

const toBytes = ({ key, value }: TextRecord) => ({
  key: Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
})
