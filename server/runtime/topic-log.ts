import type { Clock } from '#server/contract/clock.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { TextRecord } from '#server/core/config-record.ts'
import type { Admin } from '#server/kafka/admin.ts'
import { backOffMs } from '#server/kafka/back-off.ts'
import { ClientClosedError, type KafkaClient } from '#server/kafka/client.ts'
import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import { createFetcher } from '#server/kafka/fetcher.ts'
import type { TopicMetadata } from '#server/kafka/metadata.ts'
import type { Producer } from '#server/kafka/producer.ts'
import { type AppendQueue, createAppendQueue } from '#server/runtime/append-queue.ts'
import { cleanupPolicyOf } from '#server/runtime/compaction-watch.ts'
import { createInternalTopic } from '#server/runtime/create-topic.ts'
import { unlessAborted } from '#server/runtime/unless-aborted.ts'
import { createWakeUp } from '#server/runtime/wake-up.ts'
import type { InternalTopic } from '#server/runtime/worker-config.ts'

/** A record as it was read: key and value as text, because all three topics hold JSON. */
export interface ReadRecord extends TextRecord {
  partition: number
  offset: number
}

/**
 * A compacted topic that every worker reads whole and keeps following (Kafka: `KafkaBasedLog`). What was read is handed
 * to `onRecord`, in order within a partition, and once only.
 */
export interface TopicLog extends AsyncDisposable {
  /** The topic, if it is there. Throws SETTING_INVALID when it is not what it must be. */
  check(): Promise<TopicMetadata | undefined>
  /** Checks the topic, creates it when it is missing, and resolves when everything in it was read. */
  start(signal: AbortSignal): Promise<void>
  /** Resolves when everything that is in the topic now was read. */
  readToEnd(signal?: AbortSignal): Promise<void>
  /** Resolves when the records are durable and were read back. */
  write(records: readonly TextRecord[]): Promise<void>
  /** Resolves when the records are durable; calls are carried out in their order. */
  append(records: readonly TextRecord[]): Promise<void>
  /** Rejects the writes that the producer was not given yet. */
  abandonWrites(): void
  /** The same with another producer; between the two there is no order. */
  writer(producer: Pick<Producer, 'produce'>): TopicWriter
}

/** What is kept in a topic, which is looked at before anything is created. */
export interface OnTopic {
  /** Throws SETTING_INVALID when the topic is there and is not what it must be. */
  check(): Promise<void>
}

export type TopicWriter = Pick<TopicLog, 'write' | 'abandonWrites'>

export interface TopicLogOptions {
  client: KafkaClient
  admin: Admin
  producer: Pick<Producer, 'produce'>
  topic: InternalTopic
  /** The worker setting that names the topic, and what it holds, for messages. */
  setting: string
  holds: string
  /** Rejects when nothing may be created; a topic that is missing waits for it. */
  mayCreate?(): Promise<unknown>
  onRecord(record: ReadRecord): void
  /** How long new records may lie there while nobody asks for the end; by default they are read as they come. */
  unhurriedMs?: number
  clock: Clock
  logger: Logger
}

interface Waiter {
  /** Position to reach, by partition. */
  until: ReadonlyMap<number, number>
  resolve(): void
}

export function createTopicLog(options: TopicLogOptions): TopicLog {
  const { client, admin, clock, logger } = options
  const { name } = options.topic
  const queue = createAppendQueue(options.producer, name)
  // Leaders of a group with exactly-once sources write configs in transactions, its tasks their offsets.
  const fetcher = createFetcher(client, { isolation: 'read_committed', resetPolicy: 'earliest' })
  const positions = new Map<number, number>()
  const waiters = new Set<Waiter>()
  const closing = new AbortController()
  const asked = createWakeUp()
  let following: Promise<void> = Promise.resolve()
  let existing: Promise<TopicMetadata | undefined> | undefined

  const reached = (until: ReadonlyMap<number, number>) =>
    [...until].every(([partition, offset]) => (positions.get(partition) ?? 0) >= offset)

  function wait(until: ReadonlyMap<number, number>, signal?: AbortSignal): Promise<void> {
    if (reached(until)) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const end = () => {
        waiters.delete(waiter)
        signal?.removeEventListener('abort', give)
        closing.signal.removeEventListener('abort', give)
      }
      const give = () => {
        end()
        reject(gaveUp(name))
      }
      const waiter: Waiter = {
        until,
        resolve: () => {
          end()
          resolve()
        },
      }
      waiters.add(waiter)
      asked.wake()
      if (signal?.aborted || closing.signal.aborted) give()
      signal?.addEventListener('abort', give)
      closing.signal.addEventListener('abort', give)
    })
  }

  function take({ partition, batches, startOffset, nextOffset }: FetchedPartition): void {
    for (const batch of batches) {
      const index = batch.index()
      for (let i = 0; i < index.count; i++) {
        const offset = index.offset(i)
        const key = index.key(i)
        if (offset < startOffset || key === null) continue
        hand({ partition, offset, key: key.toString('utf8'), value: index.value(i)?.toString('utf8') ?? null })
      }
    }
    positions.set(partition, nextOffset)
  }

  /** A record that somebody stumbles over costs itself alone: what was fetched with it is not fetched again. */
  function hand(record: ReadRecord): void {
    try {
      options.onRecord(record)
    } catch (error) {
      const where = `record ${record.offset} of partition ${record.partition} of topic ${name}`
      logger.error(`Taking in ${where} failed: ${messageOf(error)}`, { error })
    }
  }

  /** A topic that many write all the time costs little to follow, as long as few read it. */
  async function rest(): Promise<void> {
    const woken = asked.next()
    if (!options.unhurriedMs || waiters.size > 0 || closing.signal.aborted) return
    const over = new AbortController()
    await Promise.race([woken, clock.sleep(options.unhurriedMs, over.signal)])
    over.abort()
  }

  /** A partition whose first records are gone begins behind 0, and may hold nothing at all. */
  function skipToStart(): void {
    for (const [partition, known] of positions) {
      const start = fetcher.position({ topic: name, partition })
      if (start !== undefined && start > known) positions.set(partition, start)
    }
  }

  async function follow(): Promise<void> {
    for (let failures = 0; !closing.signal.aborted; ) {
      try {
        for (const fetched of await fetcher.poll(closing.signal)) take(fetched)
        skipToStart()
        failures = 0
        for (const waiter of [...waiters]) if (reached(waiter.until)) waiter.resolve()
        await rest()
      } catch (error) {
        if (closing.signal.aborted) return
        logger.warn(`Reading topic ${name} failed and is tried again: ${messageOf(error)}`, { error })
        await clock.sleep(backOffMs(failures++, clock.random()), closing.signal)
      }
    }
  }

  /** Behind what is still in a transaction: whoever reads to the end waits for its outcome. */
  async function endOffsets(): Promise<Map<number, number>> {
    const partitions = [...positions.keys()].map((partition) => ({ topic: name, partition }))
    const ends = await admin.listOffsets(partitions, 'latest')
    return new Map(ends.map(({ partition, offset }) => [partition, offset]))
  }

  async function unlessStopped<Answer>(signal: AbortSignal, work: () => Promise<Answer>): Promise<Answer> {
    try {
      return await unlessAborted(signal, work)
    } catch (error) {
      // A worker that stops closes its client first, so that nothing waits for a Kafka that is away.
      throw signal.aborted || error instanceof ClientClosedError ? gaveUp(name) : error
    }
  }

  /** Asking for the end waits for Kafka as long as Kafka is away: whoever gives up is let go. */
  async function readToEnd(signal?: AbortSignal): Promise<void> {
    const given = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal
    await wait(await unlessStopped(given, endOffsets), signal)
  }

  async function writeThrough({ append }: AppendQueue, records: readonly TextRecord[]): Promise<void> {
    const acks = await append(records)
    // A write that was answered only after a retry may come without its place.
    if (acks.some(({ baseOffset }) => baseOffset < 0)) return readToEnd()
    const until = new Map<number, number>()
    for (const { partition, baseOffset } of acks) {
      until.set(partition, Math.max(until.get(partition) ?? 0, baseOffset + 1))
    }
    await wait(until)
  }

  function check(): Promise<TopicMetadata | undefined> {
    existing ??= findTopic(options)
    return existing
  }

  async function ensureTopic(signal: AbortSignal): Promise<number> {
    if (!(await check())) {
      await options.mayCreate?.()
      if (!(await createInternalTopic(options))) await checkCleanupPolicy(options) // somebody else was first
    }
    return (await client.topic(name, { signal })).partitions.length
  }

  return {
    check,
    async start(signal) {
      const partitions = await unlessStopped(signal, () => ensureTopic(signal))
      for (let partition = 0; partition < partitions; partition++) positions.set(partition, 0)
      fetcher.assign(
        [...positions.keys()].map((partition) => ({ topic: name, partition, offset: 'earliest' as const })),
      )
      following = follow()
      await readToEnd(signal)
    },
    readToEnd,
    write: (records) => writeThrough(queue, records),
    append: async (records) => {
      await queue.append(records)
    },
    abandonWrites: queue.abandon,
    writer(producer) {
      const own = createAppendQueue(producer, name)
      return { write: (records) => writeThrough(own, records), abandonWrites: own.abandon }
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      asked.wake()
      await following
      await fetcher[Symbol.asyncDispose]()
    },
  }
}

const gaveUp = (topic: string) => new ConnectError('WORKER_STOPPING', `Stopped waiting for the end of topic ${topic}`)

async function findTopic(options: TopicLogOptions): Promise<TopicMetadata | undefined> {
  const [existing] = await options.admin.describeTopics([options.topic.name])
  if (existing) await checkCleanupPolicy(options)
  return existing
}

/** A topic that deletes by age forgets connectors (Kafka: `TopicAdmin.verifyTopicCleanupPolicyOnlyCompact`). */
async function checkCleanupPolicy({ admin, topic: { name }, setting, holds, logger }: TopicLogOptions): Promise<void> {
  let policy: string | undefined
  try {
    policy = await cleanupPolicyOf(admin, name)
  } catch (error) {
    logger.warn(`Cannot tell whether topic ${name} is compacted: ${messageOf(error)}`, { error })
    return
  }
  if (policy === 'compact' || policy === undefined) return
  throw new ConnectError(
    'SETTING_INVALID',
    `Topic '${name}' supplied via the '${setting}' property is required to have 'cleanup.policy=compact' to guarantee consistency and durability of ${holds}, but found the topic currently has 'cleanup.policy=${policy}'. Continuing would likely result in eventually losing ${holds} and problems restarting this Connect cluster in the future. Change the '${setting}' property in the Connect worker configurations to use a topic with 'cleanup.policy=compact'.`,
  )
}
