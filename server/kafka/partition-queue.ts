import { messageOf } from '#server/contract/errors.ts'
import type { Ack } from '#server/kafka/ack.ts'
import { joinParts } from '#server/kafka/batch-parts.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import type { Connection } from '#server/kafka/connection.ts'
import type { Idempotence, ProducerIdentity } from '#server/kafka/idempotence.ts'
import { splitBatch } from '#server/kafka/split-batch.ts'
import type { BatchBuilder } from '#server/protocol/batch-builder.ts'
import type { Compression } from '#server/protocol/compression.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'
import { compressBatch, noProducer, readBatches, sealBatch } from '#server/protocol/record-batch.ts'

interface Entry {
  frame: Buffer
  count: number
  /** When it was begun, and until when its outcome is reported. */
  since: number
  deadline: number
  /** Its failure was reported while a request with it was open. */
  expired: boolean
  /** How many requests with it have failed, and how the last one did. */
  failedRequests: number
  failure: Error | undefined
  /** The identity under which the frame was sealed; undefined before the first time. */
  sealedBy: ProducerIdentity | undefined
  resolve: (ack: Ack) => void
  reject: (error: Error) => void
  /** Called once, when nothing reads the frame any more. */
  release: () => void
}

/** Batches of one partition on their way, in order. */
export interface PartitionQueue {
  /**
   * Resolves when the broker has the batch, and rejects at the latest `deliveryTimeoutMs` after `since`, whatever it waits
   * for (Kafka: `delivery.timeout.ms`). `release` is called when nothing reads the batch any more, which may be later: until
   * its request is over the bytes may still be on their way from the slab to the socket.
   */
  send(batch: BatchBuilder, since: number, release: () => void): Promise<Ack>
  /** Resolves when no batch waits and no request is open. */
  idle(): Promise<void>
}

export interface PartitionQueueOptions {
  topic: string
  partition: number
  acks: -1 | 0 | 1
  maxInFlight: number
  deliveryTimeoutMs: number
  requestTimeoutMs: number
  /** How often a batch is sent again (Kafka: `retries`). */
  retries: number
  compression: Compression
  compressionLevel: number | undefined
  idempotence: Idempotence | undefined
  /** I4: what fails for good takes all that is behind it along, so that it stands in its order when it is sent again. */
  stopsAtFailure: boolean
  /** Once aborted nothing is tried again: the next error is final. */
  signal: AbortSignal
}

/** The identity is worth nothing to the broker any more. */
const lostIdentity: ReadonlySet<string> = new Set([
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
])

/** Fresh metadata tells: a deleted and re-created topic has another id. */
const worthRetrying: ReadonlySet<string> = new Set([
  ...lostIdentity,
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_TOPIC_ID',
])

/** Several records that are too much together may pass in two batches. */
const tooLarge: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])

/**
 * I4: batches leave in the order in which they were given, up to `maxInFlight` at once. When one fails in a way that can
 * be retried, nothing more is sent until every open request has its answer or its connection has ended; then all that is
 * not acknowledged goes out again, in order and with the same sequence numbers, so that the broker drops what it has (I2).
 * Without idempotence only one batch is under way at a time.
 *
 * No frame is sealed again or released while a request with it is open. A batch whose time is over while its request is
 * open counts as failed, and is never sent again.
 */
export function createPartitionQueue(client: KafkaClient, options: PartitionQueueOptions): PartitionQueue {
  const { topic, partition, idempotence, signal } = options
  const { clock } = client
  const maxInFlight = idempotence ? options.maxInFlight : 1
  /** Not yet acknowledged, oldest first. */
  const entries: Entry[] = []
  const open = new Set<Entry>()
  let nextSequence = 0
  let sequenceOwner: ProducerIdentity | undefined
  /** The identity under which the broker has something of this partition. */
  let knownToBroker: ProducerIdentity | undefined
  let trouble: { entry: Entry; error: Error } | undefined
  let failures = 0
  let lastError: Error | undefined
  /** Why nothing is sent any more. */
  let stopped: Error | undefined
  let running = false
  /** Until all that is waiting has gone, because parts of a batch that was too large are among it. */
  let splitting = false
  let watching = false
  let wake: () => void = () => undefined
  const idleWaiters: (() => void)[] = []

  /** One loop at a time sends, waits for what changes, and puts failures right. It ends when nothing is left to do. */
  async function run() {
    if (running) return
    running = true
    while (entries.length > 0) {
      const next = trouble ? undefined : entries.find((entry) => !open.has(entry))
      if (next && open.size < mostOpen()) await start(next)
      else if (trouble && open.size === 0) await recover(trouble)
      else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
    running = false
    splitting = false
    for (const done of idleWaiters.splice(0)) done()
  }

  /**
   * A broker that has nothing of ours takes any sequence number, so a second batch could get in before a first one that
   * failed: it goes alone. (In a transaction such a failure aborts the whole.)
   */
  function mostOpen(): number {
    // The second half must not be there before the first, which may be too large itself.
    if (splitting) return 1
    if (!idempotence || idempotence.transactionalId !== null) return maxInFlight
    return sequenceOwner !== undefined && knownToBroker === sequenceOwner ? maxInFlight : 1
  }

  /** Nothing happens for what was settled before. */
  function settle(entry: Entry, outcome: Ack | Error) {
    const at = entries.indexOf(entry)
    if (at < 0) return
    entries.splice(at, 1)
    if (outcome instanceof Error) entry.reject(outcome)
    else entry.resolve(outcome)
    entry.release()
  }

  /** Sleeps until the time of the oldest batch is over, as long as there are any. */
  async function watchDeadlines() {
    if (watching) return
    watching = true
    for (let next = unreported(); next && !signal.aborted; next = unreported()) {
      await clock.sleep(Math.max(0, next.deadline - clock.monotonic()), signal)
      expire()
    }
    watching = false
  }

  const unreported = () => entries.find(({ expired }) => !expired)

  function expire() {
    const now = clock.monotonic()
    for (const entry of entries.filter(({ expired, deadline }) => !expired && now >= deadline)) {
      const waited = `Expiring ${entry.count} record(s) for ${where}: ${now - entry.since} ms has passed since batch creation`
      const error = new KafkaError('REQUEST_TIMED_OUT', waited, { cause: lastError })
      giveUp(entry, error)
      if (options.stopsAtFailure) stop(error)
    }
    wake()
  }

  /** Its frame stays where it is until its request is over. */
  function giveUp(entry: Entry, error: Error) {
    entry.expired = true
    if (open.has(entry)) entry.reject(error)
    else settle(entry, error)
  }

  function stop(error: Error) {
    stopped = error
    for (const behind of entries.filter(({ expired }) => !expired)) giveUp(behind, error)
  }

  /** Sends one batch. Everything that waits is awaited before, so that batches enter the connection in order. */
  async function start(entry: Entry) {
    try {
      const identity = await idempotence?.identity(topic, partition)
      const connection = await client.connection({ leaderOf: { topic, partition } })
      if (trouble || !entries.includes(entry)) return
      seal(entry, identity)
      open.add(entry)
      void produce(entry, connection)
    } catch (error) {
      trouble ??= { entry, error: error as Error }
    }
  }

  function seal(entry: Entry, identity: ProducerIdentity | undefined) {
    if (!identity) {
      sealBatch(entry.frame, noProducer)
      return
    }
    // What may be in the log under one identity goes out again under that one only, or it would be there twice.
    const bound = entries.some(({ sealedBy }) => sealedBy !== undefined && sealedBy === sequenceOwner)
    if (sequenceOwner !== identity && !bound) {
      sequenceOwner = identity
      nextSequence = 0
    }
    if (!sequenceOwner || entry.sealedBy === sequenceOwner) return
    entry.sealedBy = sequenceOwner
    const transactional = idempotence?.transactionalId !== null
    sealBatch(entry.frame, { ...sequenceOwner, sequence: nextSequence, transactional })
    nextSequence = (nextSequence + entry.count) % 2 ** 31
  }

  async function produce(entry: Entry, connection: Connection) {
    try {
      const ack = await request(entry, connection)
      failures = 0
      lastError = undefined
      knownToBroker = entry.sealedBy
      open.delete(entry)
      settle(entry, ack)
    } catch (error) {
      open.delete(entry)
      entry.failedRequests++
      entry.failure = error as Error
      // Answers come in order: the first failure is the cause, those behind it follow from it.
      trouble ??= { entry, error: error as Error }
    }
    wake()
  }

  async function request(entry: Entry, connection: Connection): Promise<Ack> {
    const maxVersion = idempotence?.maxProduceVersion ?? 13
    const byId = maxVersion >= 13 && (connection.version('Produce') ?? 0) >= 13
    const topicId = byId ? client.knownTopic(topic)?.id : undefined
    const body = {
      transactionalId: idempotence?.transactionalId ?? null,
      acks: options.acks,
      timeoutMs: options.requestTimeoutMs,
      topicData: [
        {
          ...(topicId === undefined ? { name: topic } : { topicId }),
          partitionData: [{ index: partition, records: entry.frame }],
        },
      ],
    }
    const callOptions = {
      timeoutMs: options.requestTimeoutMs,
      maxVersion: topicId === undefined ? Math.min(maxVersion, 12) : maxVersion,
    }
    if (options.acks === 0) {
      await connection.tell('Produce', body, callOptions)
      return { topic, partition, baseOffset: -1, records: 0, timestamp: -1 }
    }
    const answer = await connection.call('Produce', body, callOptions)
    const result = answer.responses[0]?.partitionResponses[0]
    if (!result) throw new KafkaError('UNKNOWN_SERVER_ERROR', `no answer for ${topic}-${partition}`)
    const error = result.errorCode === 0 ? undefined : KafkaError.of(result.errorCode, result.errorMessage ?? where)
    // The broker has this batch already, with an offset that it no longer remembers.
    if (error && error.errorName !== 'DUPLICATE_SEQUENCE_NUMBER') throw error
    const { baseOffset, logAppendTimeMs } = result
    return { topic, partition, baseOffset, records: entry.count, timestamp: logAppendTimeMs }
  }

  const where = `${topic}-${partition}`

  /**
   * Puts metadata or identity right, and waits a little where the same could go wrong again; then `run` sends everything
   * unacknowledged again. What is settled by an answer (a refusal, a batch that goes in parts) holds up nothing behind it.
   */
  async function recover({ entry, error }: { entry: Entry; error: Error }) {
    trouble = undefined
    lastError = error
    let delayMs = 0
    if (!entry.expired && error instanceof KafkaError && tooLarge.has(error.errorName) && entry.count > 1) split(entry)
    else if (isFinal(error, entry)) {
      settle(entry, error)
      if (options.stopsAtFailure) stop(error)
    } else {
      client.retrying(`a batch for ${where}`, error, failures)
      client.invalidate({ topic })
      const renewing = needsNewIdentity(error, entry)
      if (renewing) await renewIdentity(error)
      delayMs = renewing && failures === 0 ? 0 : client.retryDelayMs(failures)
      failures++
    }
    const now = clock.monotonic()
    for (const late of [...entries]) {
      if (signal.aborted || now >= late.deadline) settle(late, error)
      else if (isExhausted(late)) settle(late, late.failure ?? error)
    }
    if (entries.length > 0 && delayMs > 0) await clock.sleep(delayMs, signal)
  }

  /** Kafka: `Sender.canRetry`. */
  const isExhausted = ({ failedRequests }: Entry) => failedRequests > options.retries

  function isFinal(error: Error, entry: Entry): boolean {
    if (signal.aborted || clock.monotonic() >= entry.deadline || isExhausted(entry)) return true
    if (!(error instanceof KafkaError)) return true
    if (!idempotence?.renew && idempotence && needsNewIdentity(error, entry)) return true
    return !error.retriable && !worthRetrying.has(error.errorName)
  }

  /**
   * The halves take the place, and the sequence numbers, of the whole; its promise tells where the first one stands, or what
   * became of each record (`BatchPartsError`).
   */
  function split(entry: Entry) {
    const [first, second] = splitBatch(entry.frame, options.compression, options.compressionLevel)
    if (!first || !second) return settle(entry, new KafkaError('MESSAGE_TOO_LARGE', where))
    const { since, deadline, expired, resolve, reject, release } = entry
    const [base] = readBatches(entry.frame, { verifyCrc: false })
    const whole = { since, deadline, expired, failedRequests: 0, failure: undefined, sealedBy: entry.sealedBy }
    const outcomes = [Promise.withResolvers<Ack>(), Promise.withResolvers<Ack>()] as const
    const halves: Entry[] = [
      // The slab is given back with the second one.
      { ...first, ...whole, resolve: outcomes[0].resolve, reject: outcomes[0].reject, release: () => undefined },
      { ...second, ...whole, resolve: outcomes[1].resolve, reject: outcomes[1].reject, release },
    ]
    // I1, I6: what became of the whole is known when that of each half is.
    joinParts([
      { count: first.count, done: outcomes[0].promise },
      { count: second.count, done: outcomes[1].promise },
    ]).then(resolve, reject)
    splitting = true
    if (entry.sealedBy && base) {
      const { transactional, sequence } = base
      sealBatch(first.frame, { ...entry.sealedBy, sequence, transactional })
      const behind = (sequence + first.count) % 2 ** 31
      sealBatch(second.frame, { ...entry.sealedBy, sequence: behind, transactional })
    }
    entries.splice(entries.indexOf(entry), 1, ...halves)
  }

  /**
   * A gap in the sequence is real only for the oldest batch: whatever came before it is acknowledged or given up. Then
   * neither it nor those behind it are in the log, and a new identity cannot write any of them twice.
   */
  function needsNewIdentity(error: Error, entry: Entry): error is KafkaError {
    if (!(error instanceof KafkaError)) return false
    if (error.errorName === 'OUT_OF_ORDER_SEQUENCE_NUMBER') return entry === entries[0]
    return lostIdentity.has(error.errorName)
  }

  async function renewIdentity(why: KafkaError) {
    if (!idempotence?.renew || !sequenceOwner) return
    try {
      await idempotence.renew(sequenceOwner, why)
      for (const entry of entries) entry.sealedBy = undefined
    } catch (error) {
      // The next attempt to send asks for an identity again.
      client.logger.debug(`No new producer id yet: ${messageOf(error)}`)
    }
  }

  return {
    send(batch, since, release) {
      if (stopped) {
        release()
        return Promise.reject(stopped)
      }
      return new Promise<Ack>((resolve, reject) => {
        const deadline = since + options.deliveryTimeoutMs
        const frame = compressBatch(batch.frame(), options.compression, options.compressionLevel)
        const { count } = batch
        entries.push({
          ...{ frame, count, since, deadline, resolve, reject, release },
          ...{ expired: false, failedRequests: 0, failure: undefined, sealedBy: undefined },
        })
        wake()
        void run()
        void watchDeadlines()
      })
    },
    idle: () => (entries.length === 0 ? Promise.resolve() : new Promise((resolve) => idleWaiters.push(resolve))),
  }
}
