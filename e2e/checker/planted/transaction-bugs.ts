import { randomUUID } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'
import type { Bench } from '#e2e/checker/planted/bench.ts'
import { type Drive, type Planted, type Promised, source, stream } from '#e2e/checker/planted/planted.ts'
import { runSource, type SourceFaults } from '#e2e/checker/planted/tasks.ts'
import { ledgerSays, moreRecordsArrive } from '#e2e/checker/planted/waits.ts'
import type { Producer } from '#server/kafka/producer.ts'
import type { TransactionalProducer } from '#server/kafka/transactional-producer.ts'

const exactlyOnce = { name: source, exactlyOnce: true, throughput: 500 }
const committed = '"committed":true'

const cut = (bench: Bench) => bench.journal.write({ kind: 'cut', at: Date.now(), stream })

/** An exactly-once source dies when all of a transaction is written, but for its end; its successor goes on. */
const dieInATransaction: Drive = async (bench, { source: faults = {} }) => {
  const written = Promise.withResolvers<void>()
  const dying: SourceFaults = {
    transactions: (real, openProducer) =>
      endless(faults.transactions?.(real, openProducer) ?? real, 10, () => written.resolve()),
  }
  const first = runSource(bench, { ...exactlyOnce, faults: dying })
  await written.promise
  await bench.fault({ what: 'a kill', harm: 'cut-off' }, async () => {
    // Whatever was handed over with it is with the broker by then.
    await after(200)
    first.runner.cancel()
  })
  cut(bench)
  const second = runSource(bench, { ...exactlyOnce, faults })
  await moreRecordsArrive(bench, 100)
  await second.stop()
  cut(bench)
}

/** A worker that was given up does not know of it, and its task goes on beside the one that replaced it. */
const wakeUpReplaced: Drive = async (bench, faults) => {
  const first = runSource(bench, { ...exactlyOnce, faults: faults.source })
  await ledgerSays(bench, committed, 100)
  const second = await bench.fault({ what: 'a freeze', harm: 'zombie' }, async () =>
    runSource(bench, { ...exactlyOnce, faults: faults.source }),
  )
  await moreRecordsArrive(bench, 200)
  // It has been refused meanwhile, or else goes on to the end.
  await first.stop().catch(() => undefined)
  await second.stop()
  cut(bench)
}

/** The `nth` transaction is never ended. */
function endless(real: TransactionalProducer, nth: number, onCommit: () => void): TransactionalProducer {
  let commits = 0
  async function commit() {
    commits += 1
    if (commits < nth) return real.commit()
    onCommit()
    return new Promise<void>(() => undefined)
  }
  return Object.create(real, { commit: { value: commit } })
}

/** Its `state` has to stay the real one's. */
const producing = (real: TransactionalProducer, producer: Producer): TransactionalProducer =>
  Object.create(real, { producer: { value: producer } })

function sendsRecordsBeside(real: TransactionalProducer, openProducer: () => Producer): TransactionalProducer {
  const beside = openProducer()
  const { newBatch, release, send, room } = beside
  return producing(real, { ...real.producer, newBatch, release, send, room })
}

function writesOffsetsBeside(real: TransactionalProducer, openProducer: () => Producer): TransactionalProducer {
  const { produce } = openProducer()
  return producing(real, { ...real.producer, produce })
}

export const transactionDrives: Promised[] = [dieInATransaction, wakeUpReplaced].map((drive) => ({
  drive,
  promises: { delivery: 'exactly-once' },
}))

/** What may go wrong at the borders of a transaction. */
export const transactionBugs: Planted[] = [
  {
    bug: 'records are written beside their transaction',
    breaks: 'I13',
    drive: dieInATransaction,
    faults: { source: { transactions: sendsRecordsBeside } },
  },
  {
    bug: 'an offset is written beside its transaction',
    breaks: 'I13',
    drive: dieInATransaction,
    faults: { source: { transactions: writesOffsetsBeside } },
  },
  {
    bug: 'each life of a task has a transactional id of its own, so that none is fenced',
    breaks: 'I7',
    drive: wakeUpReplaced,
    faults: { source: { transactionalId: randomUUID } },
  },
]
