import type { SourceRecord } from '#server/sdk/records.ts'
import type { TransactionContext } from '#server/sdk/transaction-context.ts'

/** What becomes of the transaction that is open. `abort` drops its records and still commits their offsets. */
export type BoundaryDecision = 'go on' | 'commit' | 'abort'

/** Where the transactions of an exactly-once source end (Kafka: `ExactlyOnceWorkerSourceTask.TransactionBoundaryManager`). */
export interface TransactionBoundary {
  /** The task begins to poll, or goes on after a pause. */
  begin(now: number): void
  /** Whether records may have to be handed over one by one, because transactions may end between them. */
  readonly splitsBatches: boolean
  afterRecord(record: SourceRecord): BoundaryDecision
  /** After each poll, also after one that brought nothing. */
  afterBatch(now: number): BoundaryDecision
  /**
   * Before a pause or an orderly end, after which nothing may stay open that would time out. `whole`: everything that was
   * polled is in it.
   */
  atEnd(whole: boolean): BoundaryDecision
  /** When an open transaction is to end although nothing comes, in ms since the epoch; undefined: never by itself. */
  dueAt(): number | undefined
}

/** What a task asked for, and where it asks. */
export interface BoundaryRequests extends TransactionContext {
  readonly ofRecords: boolean
  /** What was asked for this record, which is then done with. Throws when both were. */
  takeFor(record: SourceRecord): BoundaryDecision
  takeForBatch(): BoundaryDecision
}

/** A transaction for every batch that a poll brings. */
export function boundaryAtPolls(): TransactionBoundary {
  return {
    begin: () => undefined,
    splitsBatches: false,
    afterRecord: () => 'go on',
    afterBatch: () => 'commit',
    atEnd: () => 'commit',
    dueAt: () => undefined,
  }
}

/** A transaction for all that came within an interval; it ends with a batch, or when the time is over. */
export function boundaryAtIntervals(intervalMs: number): TransactionBoundary {
  let begunAt = 0
  return {
    begin(now) {
      begunAt = now
    },
    splitsBatches: false,
    afterRecord: () => 'go on',
    afterBatch(now) {
      if (now < begunAt + intervalMs) return 'go on'
      begunAt = now
      return 'commit'
    },
    atEnd: () => 'commit',
    dueAt: () => begunAt + intervalMs,
  }
}

/** Transactions as the task wants them. */
export function boundaryByConnector(requests: BoundaryRequests): TransactionBoundary {
  return {
    begin: () => undefined,
    get splitsBatches() {
      return requests.ofRecords
    },
    afterRecord: (record) => requests.takeFor(record),
    afterBatch: () => requests.takeForBatch(),
    // What the task did not close, or is not there whole, is not to be seen: it is read again.
    atEnd: (whole) => (whole ? requests.takeForBatch() : 'go on'),
    dueAt: () => undefined,
  }
}

/** Remembers what a task asks for until it is asked about (Kafka: `WorkerTransactionContext`). */
export function createBoundaryRequests(): BoundaryRequests {
  const committed = new Set<SourceRecord>()
  const aborted = new Set<SourceRecord>()
  let batch: { commit: boolean; abort: boolean } = { commit: false, abort: false }

  function ask(kind: 'commit' | 'abort', records: Set<SourceRecord>, given: unknown[]): void {
    const [record] = given as [SourceRecord | undefined]
    if (given.length === 0) batch[kind] = true
    else if (record) records.add(record)
    else throw new TypeError('Source record used to define transaction boundaries may not be null')
  }

  return {
    get ofRecords() {
      return committed.size + aborted.size > 0
    },
    commitTransaction: (...record) => ask('commit', committed, record),
    abortTransaction: (...record) => ask('abort', aborted, record),
    takeFor(record) {
      const commit = committed.delete(record)
      const abort = aborted.delete(record)
      if (commit && abort) {
        const where = `${record.topic}/${record.partition ?? null}`
        throw new Error(`Connector requested both commit and abort of same record against topic/partition ${where}`)
      }
      return decided(commit, abort)
    },
    takeForBatch() {
      const { commit, abort } = batch
      batch = { commit: false, abort: false }
      if (commit && abort) throw new Error('Connector requested both commit and abort of same transaction')
      return decided(commit, abort)
    },
  }
}

const decided = (commit: boolean, abort: boolean): BoundaryDecision => (abort ? 'abort' : commit ? 'commit' : 'go on')
