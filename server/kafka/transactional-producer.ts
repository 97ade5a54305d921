import type { Ack } from '#server/kafka/ack.ts'
import type { TopicPartition, TopicPartitionOffset } from '#server/kafka/admin.ts'
import { withinBlockTime } from '#server/kafka/block-time.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import type { Idempotence, ProducerIdentity } from '#server/kafka/idempotence.ts'
import { createProducer, type Producer, type ProducerOptions } from '#server/kafka/producer.ts'
import {
  createTransactionRequests,
  type OffsetsMember,
  type TransactionLevel,
} from '#server/kafka/transaction-requests.ts'
import { KafkaError, type KafkaErrorName } from '#server/protocol/kafka-errors.ts'

/**
 * - `new`: has no identity; only `initTransactions` works.
 * - `ready`: between transactions.
 * - `open`: a transaction takes batches and offsets.
 * - `to abort`: something of the transaction failed; only `abort` works.
 * - `unknown`: whether the last transaction ended, and how, is not known; only `initTransactions` works, which ends it.
 * - `fatal`: fenced, or refused for good; nothing works.
 */
export type TransactionState = 'new' | 'ready' | 'open' | 'to abort' | 'unknown' | 'fatal'

/**
 * Writes records and group offsets that appear together or not at all (KIP-98; protocol v2 of KIP-890 where the broker
 * has it). One transaction at a time; calls are made one after the other.
 */
export interface TransactionalProducer extends AsyncDisposable {
  readonly state: TransactionState
  /** Takes the transactional id: whoever had it is fenced, its open transaction aborted. Also the way out of `unknown`. */
  initTransactions(): Promise<void>
  begin(): void
  /** Batches and records of the open transaction. A send that rejects leaves the transaction `to abort`. */
  readonly producer: Producer
  sendOffsets(groupId: string, offsets: readonly TopicPartitionOffset[], member?: OffsetsMember): Promise<void>
  /**
   * Resolves when everything sent is committed. Rejects with PRODUCER_FENCED when another producer took over, with
   * REQUEST_TIMED_OUT when the outcome is not known, with what failed when the transaction must be aborted.
   */
  commit(): Promise<void>
  abort(): Promise<void>
}

export interface TransactionalProducerOptions
  extends Omit<ProducerOptions, 'acks' | 'idempotent' | 'deliveryTimeoutMs'> {
  transactionalId: string
  /** After it the broker aborts a transaction that was left open (Kafka: `transaction.timeout.ms`). */
  transactionTimeoutMs?: number
  /**
   * How long it may also take to take the id, to end a transaction, or to add offsets to it; then that rejects with
   * REQUEST_TIMED_OUT. A minute without this, as in Kafka's own.
   */
  maxBlockMs?: number
}

const defaultTransactionTimeoutMs = 60_000
const defaultMaxBlockMs = 60_000
const newestProduceOfLevelOne = 11

/** Another producer has the id, or the broker gave up on us: there is no way back. */
const fencing: ReadonlySet<KafkaErrorName> = new Set(['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH'])
const fatal: ReadonlySet<KafkaErrorName> = new Set([
  ...fencing,
  'INVALID_PRODUCER_ID_MAPPING',
  'INVALID_TXN_STATE',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'UNSUPPORTED_VERSION',
])

export function createTransactionalProducer(
  client: KafkaClient,
  options: TransactionalProducerOptions,
): TransactionalProducer {
  const { transactionalId } = options
  const transactionTimeoutMs = options.transactionTimeoutMs ?? defaultTransactionTimeoutMs
  const maxBlockMs = options.maxBlockMs ?? defaultMaxBlockMs
  const requests = createTransactionRequests(client, { transactionalId, transactionTimeoutMs, withinMs: maxBlockMs })
  let state: TransactionState = 'new'
  let level: TransactionLevel = 1
  let identity: ProducerIdentity | undefined
  let failure: Error | undefined
  /** Level 1: the epoch must change before the next transaction. */
  let stale = false
  let used = false
  const added = new Map<string, Promise<void>>()
  let adding: { partitions: TopicPartition[]; done: Promise<void> } | undefined

  /** The error as callers see it; the state follows from it. */
  function failed(error: unknown): Error {
    if (error instanceof KafkaError && fatal.has(error.errorName)) {
      state = 'fatal'
      failure = fencing.has(error.errorName)
        ? new KafkaError('PRODUCER_FENCED', `another producer has the transactional id ${transactionalId}`, {
            cause: error,
          })
        : error
    } else {
      failure = error instanceof Error ? error : new Error(String(error))
      if (state === 'open') state = 'to abort'
    }
    return failure
  }

  function expect(...wanted: TransactionState[]) {
    if (wanted.includes(state)) return
    if (failure && (state === 'fatal' || state === 'to abort')) throw failure
    throw new KafkaError(
      'INVALID_TXN_STATE',
      `the transaction of ${transactionalId} is ${state}, not ${wanted.join(' or ')}`,
    )
  }

  const mine = () => {
    if (!identity) throw new KafkaError('INVALID_TXN_STATE', `${transactionalId} has no producer id`)
    return identity
  }

  const identities: Idempotence = {
    transactionalId,
    get maxProduceVersion() {
      return level === 1 ? newestProduceOfLevelOne : undefined
    },
    async identity(topic, partition) {
      expect('open')
      used = true
      if (level === 1) await addOnce({ topic, partition })
      return mine()
    },
  }

  /** Partitions that come up in one turn are added by one request. */
  function addOnce(wanted: TopicPartition): Promise<void> {
    const key = `${wanted.topic}-${wanted.partition}`
    const known = added.get(key)
    if (known !== undefined) return known
    if (adding) adding.partitions.push(wanted)
    else {
      const partitions = [wanted]
      const done = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
        adding = undefined
        return requests.addPartitions(mine(), partitions)
      })
      adding = { partitions, done }
    }
    const { done } = adding
    added.set(key, done)
    return done
  }

  const inner = createProducer(
    client,
    { ...options, acks: -1, idempotent: true, deliveryTimeoutMs: transactionTimeoutMs },
    identities,
  )

  /** Sends of the open transaction that have no outcome yet. */
  const pending = new Set<Promise<unknown>>()

  async function watched<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    expect('open')
    const outcome = work().catch((error: unknown) => {
      throw failed(error)
    })
    pending.add(outcome)
    try {
      return await outcome
    } finally {
      pending.delete(outcome)
    }
  }

  async function settled() {
    await inner.flush()
    await Promise.allSettled(pending)
  }

  /** What comes of the work after its time must change nothing (Kafka: `TransactionalRequestResult.await`). */
  const blocking = <Answer>(operation: string, work: () => Promise<Answer>, withinMs = maxBlockMs): Promise<Answer> =>
    withinBlockTime(client.clock, { maxBlockMs: withinMs }, work, () => {
      const detail = `Timeout expired after ${maxBlockMs}ms while awaiting ${operation}`
      return new KafkaError('REQUEST_TIMED_OUT', detail)
    })

  /** Sends that are late keep the transaction from ending, which can only be aborted then. Answers what is left of the time. */
  async function settledBefore(operation: string): Promise<number> {
    const since = client.clock.monotonic()
    try {
      await blocking(operation, settled)
    } catch (error) {
      throw failed(error)
    }
    return Math.max(0, maxBlockMs - (client.clock.monotonic() - since))
  }

  const producer: Producer = {
    ...inner,
    async send(topic, partition, batch): Promise<Ack> {
      let handedOver = false
      try {
        return await watched(() => {
          handedOver = true
          return inner.send(topic, partition, batch)
        })
      } finally {
        if (!handedOver) inner.release(batch)
      }
    },
    produce: (topic, records) => watched(() => inner.produce(topic, records)),
  }

  /** Who writes the next transaction, once this one has ended. */
  async function ended(committed: boolean): Promise<ProducerIdentity | undefined> {
    let next = identity
    let renewed = stale
    if (used) {
      const { identity: after, interrupted } = await requests.end(mine(), committed)
      if (after.epoch !== next?.epoch || after.producerId !== next.producerId) next = after
      // Level 1: a request that was given up may arrive late, and would end the next transaction of the same epoch.
      renewed ||= level === 1 && interrupted
    }
    return renewed ? requests.init(next) : next
  }

  async function end(committed: boolean, withinMs: number) {
    try {
      identity = await blocking(`EndTxn(${committed})`, () => ended(committed), withinMs)
    } catch (error) {
      const told = failed(error)
      if (state !== 'fatal') state = 'unknown'
      throw told
    }
    used = false
    stale = false
    failure = undefined
    added.clear()
    state = 'ready'
  }

  return {
    get state() {
      return state
    },
    producer,
    async initTransactions() {
      expect('new', 'unknown')
      try {
        const taken = await blocking('InitProducerId', async () => ({
          level: await requests.level(),
          identity: await requests.init(identity),
        }))
        level = taken.level
        identity = taken.identity
      } catch (error) {
        throw failed(error)
      }
      used = false
      failure = undefined
      added.clear()
      state = 'ready'
    },
    begin() {
      expect('ready')
      state = 'open'
    },
    sendOffsets: (groupId, offsets, member) =>
      watched(async () => {
        if (offsets.length === 0) return
        used = true
        const added = { groupId, offsets, ...(member ? { member } : {}) }
        await blocking('AddOffsetsToTxn', () => requests.sendOffsets(mine(), level, added))
      }),
    async commit() {
      expect('open')
      const leftMs = await settledBefore('EndTxn(true)')
      expect('open') // a send may have failed meanwhile
      await end(true, leftMs)
    },
    async abort() {
      expect('open', 'to abort')
      // What is on its way would otherwise reach the next transaction.
      const leftMs = await settledBefore('EndTxn(false)')
      if (state === 'fatal' && failure) throw failure
      // A batch that was given up leaves a gap in the sequence numbers, which only a new epoch closes (level 2 has one).
      stale ||= level === 1 && failure !== undefined
      await end(false, leftMs)
    },
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  }
}
