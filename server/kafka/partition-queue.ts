import { backOffMs } from '#server/kafka/back-off.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import type { Idempotence, ProducerIdentity } from '#server/kafka/idempotence.ts'
import type { Ack } from '#server/kafka/producer.ts'
import type { BatchBuilder } from '#server/protocol/batch-builder.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'
import { sealBatch } from '#server/protocol/record-batch.ts'

interface Entry {
  frame: Buffer
  count: number
  deadline: number
  /** Set when it was sealed for the first time, and again under a new identity. */
  sealed: { identity: ProducerIdentity; sequence: number } | undefined
  resolve: (ack: Ack) => void
  reject: (error: Error) => void
}

/** Batches of one partition on their way, in order. */
export interface PartitionQueue {
  send(batch: BatchBuilder): Promise<Ack>
  idle(): Promise<void>
}

/**
 * I4: batches leave in the order in which they were given. Up to `maxInFlight` are under way; when one fails in a way that
 * can be retried, it and all that were sent after it are sent again from the failed one on. With idempotence the broker
 * drops what it has already; without it only one batch is under way at a time.
 */
export function createPartitionQueue(
  client: KafkaClient,
  options: {
    topic: string
    partition: number
    acks: -1 | 1
    maxInFlight: number
    deliveryTimeoutMs: number
    requestTimeoutMs: number
    idempotence: Idempotence | undefined
    signal: AbortSignal
  },
): PartitionQueue {
  const { topic, partition, idempotence, signal } = options
  const { clock } = client
  const maxInFlight = idempotence ? options.maxInFlight : 1
  /** Not yet acknowledged, oldest first; the first `inFlight` of them are on the wire. */
  const entries: Entry[] = []
  let inFlight = 0
  let nextSequence = 0
  let sequenceOwner: ProducerIdentity | undefined
  let failures = 0
  let pumping = false
  let recovering = false
  /** Counts how often everything was sent again. */
  let round = 0
  const idleWaiters: (() => void)[] = []

  function settle(entry: Entry, outcome: Ack | Error) {
    const at = entries.indexOf(entry)
    if (at < inFlight) inFlight -= 1
    entries.splice(at, 1)
    if (outcome instanceof Error) entry.reject(outcome)
    else entry.resolve(outcome)
    if (entries.length === 0) for (const wake of idleWaiters.splice(0)) wake()
  }

  async function pump(): Promise<void> {
    if (pumping || recovering) return
    pumping = true
    try {
      while (!recovering && inFlight < maxInFlight && inFlight < entries.length) {
        const identity = await idempotence?.identity()
        if (recovering) break
        const entry = entries[inFlight]
        if (!entry) break
        seal(entry, identity)
        inFlight += 1
        void attempt(entry, round)
      }
    } catch (error) {
      void recover(error as Error)
    } finally {
      pumping = false
    }
  }

  function seal(entry: Entry, identity: ProducerIdentity | undefined) {
    if (!identity) {
      if (!entry.sealed) sealBatch(entry.frame, { producerId: -1, epoch: -1, sequence: -1, transactional: false })
      entry.sealed = { identity: { producerId: -1, epoch: -1 }, sequence: -1 }
      return
    }
    if (sequenceOwner !== identity) {
      sequenceOwner = identity
      nextSequence = 0
    }
    if (entry.sealed?.identity === identity) return
    entry.sealed = { identity, sequence: nextSequence }
    sealBatch(entry.frame, { ...identity, sequence: nextSequence, transactional: false })
    nextSequence = (nextSequence + entry.count) % 2 ** 31
  }

  async function attempt(entry: Entry, ofRound: number) {
    try {
      const ack = await produce(entry)
      failures = 0
      if (!entries.includes(entry)) return
      settle(entry, ack)
      void pump()
    } catch (error) {
      // What failed before everything was sent again says nothing about the new attempts.
      if (ofRound === round) void recover(error as Error, entry)
    }
  }

  async function produce(entry: Entry): Promise<Ack> {
    const connection = await client.connection({ leaderOf: { topic, partition } })
    const byId = (connection.version('Produce') ?? 0) >= 13
    const topicId = byId ? client.knownTopic(topic)?.id : undefined
    const answer = await connection.call(
      'Produce',
      {
        acks: options.acks,
        timeoutMs: options.requestTimeoutMs,
        topicData: [
          {
            ...(topicId === undefined ? { name: topic } : { topicId }),
            partitionData: [{ index: partition, records: entry.frame }],
          },
        ],
      },
      { timeoutMs: options.requestTimeoutMs, ...(byId && topicId === undefined ? { maxVersion: 12 } : {}) },
    )
    const result = answer.responses[0]?.partitionResponses[0]
    if (!result) throw new KafkaError('UNKNOWN_SERVER_ERROR', `no answer for ${topic}-${partition}`)
    // The broker has this batch already, with an offset that it no longer remembers.
    if (result.errorCode !== 0 && KafkaError.of(result.errorCode).errorName !== 'DUPLICATE_SEQUENCE_NUMBER') {
      throw KafkaError.of(result.errorCode, result.errorMessage ?? `${topic}-${partition}`)
    }
    return { topic, partition, baseOffset: result.baseOffset, timestamp: result.logAppendTimeMs }
  }

  /** Waits a little, puts metadata or identity right, and sends again everything that is not acknowledged. */
  async function recover(error: Error, failed?: Entry) {
    if (failed && !entries.includes(failed)) return
    if (recovering) return
    recovering = true
    round += 1
    inFlight = 0
    try {
      if (failed && isFinal(error, failed)) {
        settle(failed, error)
        await startSequencesAnew()
      } else {
        client.invalidate({ topic })
        if (error instanceof KafkaError && lostIdentity.has(error.errorName)) await startSequencesAnew()
        rejectExpired(error)
        await clock.sleep(backOffMs(failures++, clock.random()), signal)
      }
    } catch (cause) {
      rejectExpired(cause as Error)
      await clock.sleep(backOffMs(failures++, clock.random()), signal)
    } finally {
      recovering = false
    }
    void pump()
  }

  /** Errors after which our sequence numbers mean nothing to the broker any more. */
  const lostIdentity: ReadonlySet<string> = new Set([
    'UNKNOWN_PRODUCER_ID',
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    'INVALID_PRODUCER_EPOCH',
    'INVALID_PRODUCER_ID_MAPPING',
  ])

  function isFinal(error: Error, entry: Entry): boolean {
    if (signal.aborted || clock.now() >= entry.deadline) return true
    if (!(error instanceof KafkaError)) return true
    // A deleted and re-created topic has another id; metadata tells.
    return !error.retriable && !lostIdentity.has(error.errorName) && error.errorName !== 'UNKNOWN_TOPIC_ID'
  }

  async function startSequencesAnew() {
    if (!idempotence || !sequenceOwner) return
    await idempotence.renew(sequenceOwner)
  }

  function rejectExpired(error: Error) {
    const now = clock.now()
    for (const entry of [...entries]) if (signal.aborted || now >= entry.deadline) settle(entry, error)
  }

  return {
    send(batch) {
      return new Promise<Ack>((resolve, reject) => {
        const deadline = clock.now() + options.deliveryTimeoutMs
        entries.push({ frame: batch.frame(), count: batch.count, deadline, sealed: undefined, resolve, reject })
        void pump()
      })
    },
    idle: () => (entries.length === 0 ? Promise.resolve() : new Promise((resolve) => idleWaiters.push(resolve))),
  }
}
