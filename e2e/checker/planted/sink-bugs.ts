import { type Drive, type Planted, type Promised, source } from '#e2e/checker/planted/planted.ts'
import { runSink, runSource, type SinkFaults } from '#e2e/checker/planted/tasks.ts'
import { ledgerSays, membersSettle, recordsArrive, sinkHasAll } from '#e2e/checker/planted/waits.ts'
import type { RebalanceHooks, SinkConsumer } from '#server/kafka/sink-consumer.ts'

/** A sink task is stopped, and the one after it goes on. */
const goOn: Drive = async (bench, faults) => {
  const { sink } = bench
  bench.watchSink(sink)
  const from = runSource(bench, { name: source, throughput: 1_000 })
  const first = runSink(bench, { name: sink, faults: faults.sink })
  await recordsArrive(bench, 200)
  await sinkHasAll(bench, sink)
  await first.stop()
  const second = runSink(bench, { name: sink })
  await from.stop()
  await sinkHasAll(bench, sink)
  await second.stop()
}

/** A second task joins while the first holds records that it has not flushed yet. */
const handOver: Drive = async (bench, faults) => {
  const { sink } = bench
  bench.watchSink(sink)
  const from = runSource(bench, { name: source, messages: 400 })
  const first = runSink(bench, { name: sink, faults: faults.sink, flushIntervalMs: 60_000 })
  await ledgerSays(bench, `"sinkTask":0`, 400)
  const second = runSink(bench, { name: sink })
  await membersSettle(bench, sink, 2)
  await first.stop()
  await sinkHasAll(bench, sink)
  await Promise.all([second.stop(), from.stop()])
}

export const sinkDrives: Promised[] = [goOn, handOver].map((drive) => ({ drive, promises: {} }))

function commitsFurther(open: Parameters<NonNullable<SinkFaults['consumer']>>[0], hooks: RebalanceHooks): SinkConsumer {
  const real = open(hooks)
  return { ...real, commit: (offsets) => real.commit(offsets.map((one) => ({ ...one, offset: one.offset + 5 }))) }
}

function givesBackUnflushed(
  open: Parameters<NonNullable<SinkFaults['consumer']>>[0],
  hooks: RebalanceHooks,
): SinkConsumer {
  const real: SinkConsumer = open({
    ...hooks,
    async revoked(partitions) {
      await real.commit(partitions.map((place) => ({ ...place, offset: real.position(place) ?? 0 })))
      await hooks.lost(partitions)
    },
  })
  return real
}

/** What may go wrong between a sink's `put` and its committed offset. */
export const sinkBugs: Planted[] = [
  {
    bug: 'a sink commits more than it has flushed',
    breaks: 'I6',
    drive: goOn,
    faults: { sink: { consumer: commitsFurther } },
  },
  {
    bug: 'partitions are given back with a tail that was put and never flushed',
    breaks: 'I1',
    drive: handOver,
    faults: { sink: { consumer: givesBackUnflushed } },
  },
  {
    bug: 'a batch is put again after it had succeeded',
    breaks: 'I2',
    drive: goOn,
    faults: {
      sink: {
        task: (real) => ({
          ...real,
          async put(batch) {
            await real.put(batch)
            await real.put(batch)
          },
        }),
      },
    },
  },
]
