import { messageOf } from '#server/contract/errors.ts'
import type { EventEntry } from '#server/contract/events.ts'
import type { Logger } from '#server/contract/logger.ts'
import { decodeEvent } from '#server/core/event-record.ts'
import type { PlacedEvent } from '#server/core/event-window.ts'
import type { Admin } from '#server/kafka/admin.ts'
import { backOffMs } from '#server/kafka/back-off.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import { createFetcher } from '#server/kafka/fetcher.ts'
import { createProducer } from '#server/kafka/producer.ts'
import type { EventHistory } from '#server/runtime/events/read-page.ts'
import type { InternalTopic } from '#server/runtime/worker-config.ts'

/** All that happened has one order, so it has one partition. */
const partition = 0
/** Entries that are read at once. */
const stepEntries = 1_000

export interface EventTopicOptions {
  client: KafkaClient
  admin: Admin
  topic: InternalTopic
  /** Rejects when nothing may be created. */
  mayCreate?(): Promise<unknown>
  /** How many of the newest entries are read when following begins. */
  tail: number
  /** Every entry, in order, with the bytes that it takes. */
  onEntry(placed: PlacedEvent, bytes: number): void
  logger: Logger
}

/** The events topic: written by every worker of the group, and followed from near its end. */
export interface EventTopic extends EventHistory, AsyncDisposable {
  /**
   * Creates the topic when it is missing, begins to follow it, and resolves when what was in it has been read. Rejects
   * when Kafka refuses; may be called again.
   */
  open(): Promise<void>
  /** Resolves when they are durable. */
  append(records: readonly { key: string; value: string }[]): Promise<void>
}

export function createEventTopic(options: EventTopicOptions): EventTopic {
  const { client, admin, topic, logger } = options
  const { clock } = client
  const { name } = topic
  const producer = createProducer(client, { acks: -1, idempotent: true, deliveryTimeoutMs: 30_000 })
  const fetcher = createFetcher(client, { isolation: 'read_uncommitted', resetPolicy: 'earliest' })
  const closing = new AbortController()
  let following = Promise.resolve()
  let isFollowing = false
  let start = 0

  async function ensureTopic(): Promise<void> {
    const [existing] = await admin.describeTopics([name])
    if (existing) return
    await options.mayCreate?.()
    const { partitions, replicationFactor, settings } = topic
    const created = await admin.createTopics([{ name, partitions, replicationFactor, config: settings }])
    if (created.length > 0) logger.info(`Created topic ${name}`)
  }

  async function offsetOf(end: 'earliest' | 'latest'): Promise<number> {
    const [found] = await admin.listOffsets([{ topic: name, partition }], end)
    return found?.offset ?? 0
  }

  /** @param caughtUp called once the position `until` is reached */
  async function follow(until: number, caughtUp: () => void): Promise<void> {
    for (let failures = 0; !closing.signal.aborted; ) {
      try {
        for (const fetched of await fetcher.poll(closing.signal)) {
          for (const { position, entry, bytes } of eventsIn(fetched)) options.onEntry({ position, entry }, bytes)
        }
        failures = 0
        if ((fetcher.position({ topic: name, partition }) ?? 0) >= until) caughtUp()
      } catch (error) {
        if (closing.signal.aborted) return
        logger.warn(`Reading topic ${name} failed and is tried again: ${messageOf(error)}`, { error })
        await clock.sleep(backOffMs(failures++, clock.random()), closing.signal)
      }
    }
  }

  return {
    async open() {
      await ensureTopic()
      if (isFollowing) return
      const [earliest, latest] = await Promise.all([offsetOf('earliest'), offsetOf('latest')])
      start = Math.max(earliest, latest - options.tail)
      fetcher.assign([{ topic: name, partition, offset: start }])
      const read = Promise.withResolvers<void>()
      isFollowing = true
      following = follow(latest, read.resolve)
      await Promise.race([read.promise, following])
    },
    followedFrom: () => start,
    async append(records) {
      await producer.produce(
        name,
        records.map(({ key, value }) => ({ partition, key: Buffer.from(key), value: Buffer.from(value) })),
      )
    },
    earliest: () => offsetOf('earliest'),
    stepBefore: (position) => position - stepEntries,
    async read(from, to, signal) {
      const found: (PlacedEvent & { bytes: number })[] = []
      const stop = AbortSignal.any([signal, closing.signal])
      await using reader = createFetcher(client, { isolation: 'read_uncommitted', resetPolicy: 'earliest' })
      const place = { topic: name, partition }
      reader.assign([{ ...place, offset: from }])
      while (!stop.aborted && (reader.position(place) ?? 0) < to) {
        for (const fetched of await reader.poll(stop)) found.push(...eventsIn(fetched))
      }
      return found.filter(({ position }) => position < to)
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      await following
      await fetcher[Symbol.asyncDispose]()
      // What it still waits for nobody will hear of.
      void producer[Symbol.asyncDispose]()
    },
  }
}

/** What was fetched, without what cannot be read: anybody may write to a topic. */
function eventsIn({ batches, startOffset }: FetchedPartition): (PlacedEvent & { bytes: number })[] {
  return batches.flatMap((batch) => {
    const index = batch.index()
    const events: (PlacedEvent & { bytes: number })[] = []
    for (let i = 0; i < index.count; i++) {
      const position = index.offset(i)
      const value = index.value(i)
      const event = position < startOffset ? undefined : decodeEvent(value?.toString('utf8') ?? null)
      if (!event) continue
      const entry: EventEntry = { ...event, id: `${partition}-${position}` }
      events.push({ position, entry, bytes: value?.byteLength ?? 0 })
    }
    return events
  })
}
