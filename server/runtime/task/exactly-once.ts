import type { Clock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import { encodeOffsetRecord } from '#server/core/offset-record.ts'
import type { BoundaryDecision, TransactionBoundary } from '#server/core/transaction-boundary.ts'
import type { ProducedRecord, Producer } from '#server/kafka/producer.ts'
import type { TransactionalProducer } from '#server/kafka/transactional-producer.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'
import type { SourceOffset } from '#server/runtime/task/offset-book.ts'
import type { OffsetCopies } from '#server/runtime/task/offset-copies.ts'
import { recordCommit } from '#server/runtime/task/record-commit.ts'
import type { SourceDelivery } from '#server/runtime/task/source-delivery.ts'
import { createSourceSender, type SourceSenderOptions } from '#server/runtime/task/source-sender.ts'
import { isTextBatch, type SourceBatch, type SourceRecord } from '#server/sdk/records.ts'
import type { RecordMetadata, SourceTask } from '#server/sdk/source-task.ts'

export interface ExactlyOnceOptions extends Omit<SourceSenderOptions, 'offsets' | 'producer'> {
  task: SourceTask
  /** `<connector>-<n>`, for messages. */
  name: string
  connector: string
  transactions: TransactionalProducer
  boundary: TransactionBoundary
  /** Where the offsets go, with the records and on their cluster. */
  offsetsTopic: string
  copies?: OffsetCopies | undefined
  /** Rejects when newer task configs exist, or the task is another worker's by now. Asked once the producer is ours. */
  ensureCurrent(): Promise<void>
  /** Ends the poll that waits: a transaction is due. */
  wake(): void
  /** How long a transaction that is given up may take to be aborted; then Kafka aborts it by itself. */
  abortWithinMs: number
  clock: Clock
  logger: Logger
}

/**
 * Records and the offsets that they come with in one transaction (KIP-618; Kafka: ExactlyOnceWorkerSourceTask).
 *
 * I13: an offset is written by the producer of its records, in their transaction. I2, I7: whoever begins a task takes its
 * transactional id, which aborts what another instance left open and refuses whatever it still sends.
 */
export function createExactlyOnceDelivery(options: ExactlyOnceOptions): SourceDelivery {
  const { task, transactions, boundary, offsetsTopic, copies, during, record, clock, logger } = options
  /** Handed to the producer and not committed; the newest of each source partition, by its JSON. */
  const offsets = new Map<string, SourceOffset>()
  /** What `commitRecord` is told after the commit. */
  let told: [record: SourceRecord, metadata: RecordMetadata | null][] = []
  let size = 0
  let whole = true
  let begun = 0
  const over = new AbortController()

  const producer: Producer = {
    ...transactions.producer,
    async ready(topic, signal) {
      if (topic === offsetsTopic) throw new Error(ownOffsetsTopic)
      return transactions.producer.ready(topic, signal)
    },
    send(topic, partition, batch) {
      open()
      size += batch.count
      return transactions.producer.send(topic, partition, batch)
    },
  }
  const sender = createSourceSender({
    ...options,
    producer,
    // A transaction has all of its records or none: what Kafka refuses is no matter of tolerance.
    tolerance: { ...options.tolerance, refused: () => false },
    offsets: {
      sent(partition, offset) {
        offsets.set(JSON.stringify(partition), { partition, offset })
        return () => undefined
      },
    },
    task: task.commitRecord ? { commitRecord: (...one) => void told.push(one) } : {},
  })

  function open() {
    if (transactions.state !== 'ready') return
    transactions.begin()
    void endWhenDue(++begun)
  }

  /** A poll that waits for data must not keep a transaction open until it times out. */
  async function endWhenDue(number: number) {
    const dueAt = boundary.dueAt()
    if (dueAt === undefined) return
    for (let waitMs = dueAt - clock.monotonic(); ; waitMs = wakeAgainMs) {
      await clock.sleep(Math.max(1, waitMs), over.signal)
      if (over.signal.aborted || number !== begun || transactions.state !== 'open') return
      options.wake()
    }
  }

  async function carryOut(decision: BoundaryDecision) {
    if (decision === 'abort') await abort()
    if (decision !== 'go on') await commit()
  }

  /** The records are dropped; their offsets go into the next transaction, so that nobody reads them again. */
  async function abort() {
    logger.info('Aborting a transaction as the connector asks for it')
    if (transactions.state === 'open') {
      await sender.settled()
      sender.throwIfFailed()
      await transactions.abort()
    }
    told = told.map(([dropped]) => [dropped, null])
    size = 0
  }

  async function commit() {
    if (transactions.state === 'ready' && offsets.size === 0) return tellRecords()
    const startedAt = clock.monotonic()
    const stored = [...offsets.values()]
    try {
      await copies?.before(stored)
      open()
      // Under way beside the last records; the commit waits for all of them.
      const written = transactions.producer.produce(offsetsTopic, stored.map(toRecord(options.connector)))
      written.catch(() => undefined) // the commit fails for it
      await sender.settled()
      sender.throwIfFailed()
      await transactions.commit()
    } catch (error) {
      recordCommit(record, false, clock.monotonic() - startedAt)
      throw error
    }
    offsets.clear()
    record('transaction-size', size)
    size = 0
    recordCommit(record, true, clock.monotonic() - startedAt)
    copies?.after(stored)
    await tellRecords()
    await tell('commit', () => task.commit?.())
  }

  async function tellRecords() {
    if (told.length === 0) return
    const records = told
    told = []
    for (const one of records) await tell('commitRecord', () => task.commitRecord?.(...one))
  }

  async function tell(hook: 'commit' | 'commitRecord', call: () => Promise<void> | void) {
    try {
      await during(hook === 'commit' ? 'committing' : 'committing a record of', call)
    } catch (error) {
      logger.error(`Exception thrown while calling task.${hook}(): ${messageOf(error)}`, { error })
    }
  }

  /** Takes as long as Kafka is away (I10), but not longer than the task is wanted. */
  async function takeId() {
    const taken = transactions.initTransactions()
    taken.catch(() => undefined) // where the end of the task came first, nobody asks
    await Promise.race([taken, aborted(options.ending)])
  }

  async function giveUp() {
    if (transactions.state !== 'open' && transactions.state !== 'to abort') return
    const aborted = new AbortController()
    const late = clock.sleep(options.abortWithinMs, AbortSignal.any([aborted.signal, options.signal]))
    const done = transactions.abort().catch((error: unknown) => {
      logger.warn(`The open transaction could not be aborted, so Kafka does it in time: ${messageOf(error)}`, { error })
    })
    await Promise.race([done, late])
    aborted.abort()
  }

  const failing = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work()
    } catch (error) {
      throw error === options.ending.reason ? error : explained(options.name, error)
    }
  }

  return {
    async open() {
      await takeId()
      if (!options.ending.aborted) await options.ensureCurrent()
    },
    begin: () => boundary.begin(clock.monotonic()),
    async send(batch) {
      whole = false
      await failing(async () => {
        for (const { records, decision } of partsOf(batch, boundary)) {
          await sender.send(records)
          await carryOut(decision)
        }
      })
      whole = true
    },
    polled: () => failing(() => carryOut(boundary.afterBatch(clock.monotonic()))),
    pause: () => failing(() => carryOut(boundary.atEnd(true))),
    throwIfFailed() {
      try {
        sender.throwIfFailed()
      } catch (error) {
        throw explained(options.name, error)
      }
    },
    async finish(failed) {
      try {
        if (!failed && !options.signal.aborted) await failing(() => carryOut(boundary.atEnd(whole)))
      } finally {
        over.abort()
        if (!options.signal.aborted) await giveUp()
      }
    },
    async [Symbol.asyncDispose]() {
      over.abort()
      await transactions[Symbol.asyncDispose]()
    },
  }
}

const aborted = (signal: AbortSignal) =>
  signal.aborted
    ? Promise.resolve()
    : new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))

/** How often a poll is ended again that did not heed the first time. */
const wakeAgainMs = 100

const ownOffsetsTopic = 'Source tasks may not produce to their own offsets topics when exactly-once support is enabled'

const toRecord =
  (connector: string) =>
  (offset: SourceOffset): ProducedRecord => {
    const { key, value } = encodeOffsetRecord({ connector, ...offset })
    return { key: Buffer.from(key), value: value === null ? null : Buffer.from(value) }
  }

/** A batch as it is handed over: whole, or up to each record with which a transaction ends. */
function* partsOf(
  batch: SourceBatch,
  boundary: TransactionBoundary,
): Generator<{ records: SourceBatch; decision: BoundaryDecision }> {
  if (isTextBatch(batch) || !boundary.splitsBatches) return yield { records: batch, decision: 'go on' }
  let records: SourceRecord[] = []
  for (const record of batch) {
    records.push(record)
    const decision = boundary.afterRecord(record)
    if (decision === 'go on') continue
    yield { records, decision }
    records = []
  }
  if (records.length > 0) yield { records, decision: 'go on' }
}

/** What failed a transaction, in Kafka's words. */
function explained(task: string, cause: unknown): unknown {
  const chain: unknown[] = []
  for (let one = cause; one instanceof Error; one = one.cause) chain.push(one)
  const names = chain.flatMap((one) => (one instanceof KafkaError ? one.errorName : []))
  if (names.length === 0) return cause
  if (names.includes('INVALID_PRODUCER_EPOCH')) {
    const message = `The task ${task} was unable to finish writing records to Kafka before its producer transaction expired. It may be necessary to reconfigure this connector in order for it to run healthily with exactly-once support. Options for this include: tune the connector's producer configuration for higher throughput, increase the transaction timeout for the connector's producers, decrease the offset commit interval (if using interval-based transaction boundaries), or use the 'poll' transaction boundary (if the connector is not already configured to use it).`
    return new Error(message, { cause })
  }
  return new Error(`Failed to flush offsets and/or records for task ${task}`, { cause })
}
