import { setTimeout as after } from 'node:timers/promises'
import { type Drive, type Planted, type Promised, source } from '#e2e/checker/planted/planted.ts'
import {
  acknowledgesBeforeItSends,
  delaysOneBatch,
  losesOneBatch,
  swapsBatches,
  writesAfterItsEnd,
} from '#e2e/checker/planted/producers.ts'
import { runSource } from '#e2e/checker/planted/tasks.ts'
import { ledgerSays, moreRecordsArrive, offsetsAreStored, recordsArrive } from '#e2e/checker/planted/waits.ts'
import { startFaultProxy } from '#server/kafka/testdata/fault-proxy.ts'
import type { WriteOffsets } from '#server/runtime/task/offset-book.ts'
import type { TaskConverters } from '#server/runtime/task/task-converters.ts'
import type { TaskTransforms } from '#server/runtime/task/task-transforms.ts'

const enough = 300

/** A source runs and is stopped. */
const runAndStop: Drive = async (bench, faults) => {
  const task = runSource(bench, { name: source, faults: faults.source })
  await recordsArrive(bench, enough)
  await offsetsAreStored(bench, 8)
  await task.stop()
  // What comes afterwards is to be seen, too.
  await after(300)
}

/** Not every nth: with five under way each try would lose the same one again, and none would ever end. */
const lost: ReadonlySet<number> = new Set([5, 11, 18])

/** The answers to some batches are lost on the way back. */
const loseAnswers: Drive = async (bench, faults) => {
  await using proxy = await startFaultProxy(bench.bootstrapServers, ({ api, nth }) =>
    api === 'Produce' && lost.has(nth) ? 'lose the answer' : 'pass',
  )
  const client = bench.openClient(proxy.bootstrapServers)
  const task = runSource(bench, { name: source, faults: faults.source, client })
  await recordsArrive(bench, enough)
  await task.stop()
}

/** A source dies in the middle of its work, and its successor goes on. */
const dieAndGoOn: Drive = async (bench, faults) => {
  const options = { name: source, faults: faults.source }
  const first = runSource(bench, options)
  await recordsArrive(bench, enough)
  await offsetsAreStored(bench, 3)
  await bench.fault({ what: 'a kill', harm: 'cut-off' }, async () => {
    first.runner.cancel()
    await first.ended
    // What was on its way to the broker is there before anybody asks where to go on.
    await after(200)
  })
  const second = runSource(bench, options)
  await moreRecordsArrive(bench, enough)
  await second.stop()
}

/** Its transforms drop everything behind the first hundred. */
const dropTheRest: Drive = async (bench, faults) => {
  const transforms: TaskTransforms = {
    apply: (record) => (record.headers?.some(({ value }) => /^n\d\d?$/.test(String(value))) ? record : null),
  }
  const task = runSource(bench, { name: source, faults: faults.source, transforms })
  await ledgerSays(bench, '"dropped":true', 100)
  await task.stop()
}

/** Another life of the task begins, when the one before it has ended. */
const beginAnother: Drive = async (bench, faults) => {
  const first = runSource(bench, { name: source })
  await recordsArrive(bench, enough)
  if (!faults.drive) await first.stop()
  const second = runSource(bench, { name: source })
  await ledgerSays(bench, '"event":"started"', 2)
  await moreRecordsArrive(bench, enough)
  await Promise.all([first.stop(), second.stop()])
}

export const sourceDrives: Promised[] = [runAndStop, loseAnswers, dieAndGoOn, dropTheRest, beginAnother].map(
  (drive) => ({ drive, promises: {} }),
)

function writesAnOlderOneBehind(real: WriteOffsets): WriteOffsets {
  const before: Parameters<WriteOffsets>[0][] = []
  return async (offsets) => {
    await real(offsets)
    before.push(offsets)
    if (before.length % 4 === 0) await real(before.at(-3) ?? offsets)
  }
}

const storedUnder =
  (seqno: number) =>
  (real: WriteOffsets): WriteOffsets =>
  (offsets) =>
    real(offsets.map((one) => ({ ...one, offset: { seqno } })))

const onlySent =
  (real: WriteOffsets): WriteOffsets =>
  async (offsets) => {
    const sent = offsets.filter(({ offset }) => Number(offset?.seqno) < 100)
    if (sent.length > 0) await real(sent)
  }

const bytesForCharacters = (real: TaskConverters): TaskConverters => ({
  ...real,
  value: {
    ...real.value,
    fromConnectData(topic, schema, value) {
      const bytes = real.value.fromConnectData(topic, schema, value)
      return bytes && Buffer.from(Buffer.from(bytes).toString('latin1'))
    },
  },
})

/** What may go wrong between a source's `poll` and its stored offset. */
export const sourceBugs: Planted[] = [
  {
    bug: 'an offset is committed before its records are acknowledged',
    breaks: 'I6',
    drive: runAndStop,
    faults: { source: { producer: (real) => acknowledgesBeforeItSends(real, 10) } },
  },
  {
    bug: 'a batch that never left is taken for acknowledged',
    breaks: 'I1',
    drive: runAndStop,
    faults: { source: { producer: (real) => losesOneBatch(real, 5) } },
  },
  {
    bug: 'a commit steps over a batch that is still under way',
    breaks: 'I6',
    drive: runAndStop,
    faults: { source: { producer: (real) => delaysOneBatch(real, { nth: 5, laterMs: 150 }) } },
  },
  {
    bug: 'a batch whose answer was lost is sent again without a sequence number',
    breaks: 'I2',
    drive: loseAnswers,
    faults: { source: { producerOptions: { idempotent: false } } },
  },
  {
    bug: 'a task that starts again does not ask for its offset',
    breaks: 'I3',
    drive: dieAndGoOn,
    faults: { source: { readOffset: () => ({ seqno: -1 }) } },
  },
  {
    bug: 'a retry sends a batch after its successor',
    breaks: 'I4',
    drive: runAndStop,
    faults: { source: { producer: swapsBatches } },
  },
  {
    bug: 'an older offset is written behind a newer one',
    breaks: 'I5',
    drive: runAndStop,
    faults: { source: { writeOffsets: writesAnOlderOneBehind } },
  },
  {
    bug: "another connector's offset is written under this one's partition",
    breaks: 'I6',
    drive: runAndStop,
    faults: { source: { writeOffsets: storedUnder(1_000_000) } },
  },
  {
    bug: 'a record that a transform dropped moves no offset',
    breaks: 'I10',
    drive: dropTheRest,
    faults: { source: { writeOffsets: onlySent } },
  },
  { bug: 'two lives of one task are up at the same time', breaks: 'I7', drive: beginAnother, faults: { drive: true } },
  {
    bug: 'a stop leaves a batch behind that is written afterwards',
    breaks: 'I7',
    drive: runAndStop,
    faults: { source: { producer: (real, another) => writesAfterItsEnd(real, another, 50) } },
  },
  {
    bug: 'a converter takes bytes for characters',
    breaks: 'I14',
    drive: runAndStop,
    faults: { source: { converters: bytesForCharacters } },
  },
]
