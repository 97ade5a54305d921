import { afterAll, beforeAll, expect, test } from 'vitest'
import { complaints } from '#e2e/checker/checker.ts'
import type { Promises } from '#e2e/checker/every-check.ts'
import { openBench } from '#e2e/checker/planted/bench.ts'
import { type Drive, type Faults, source, stream } from '#e2e/checker/planted/planted.ts'
import { sinkBugs, sinkDrives } from '#e2e/checker/planted/sink-bugs.ts'
import { sourceBugs, sourceDrives } from '#e2e/checker/planted/source-bugs.ts'
import { transactionBugs, transactionDrives } from '#e2e/checker/planted/transaction-bugs.ts'
import { workerBugs, workerDrives } from '#e2e/checker/planted/worker-bugs.ts'
import { type RestartableKafka, startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'

let kafka: RestartableKafka
beforeAll(async () => {
  kafka = await startRestartableKafka()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const promises: Promises = {
  delivery: 'at-least-once',
  streams: [stream],
  healMs: 20_000,
  commitMs: 20_000,
  statusWithinMs: 1_000,
  quietMs: 2_000,
}

const drives = [...sourceDrives, ...sinkDrives, ...workerDrives, ...transactionDrives]
const planted = [...sourceBugs, ...sinkBugs, ...workerBugs, ...transactionBugs]

async function verdictsOn({ drive, faults }: { drive: Drive; faults: Faults }) {
  await using bench = await openBench(kafka.bootstrapServers)
  await drive(bench, faults)
  const own = drives.find((one) => one.drive === drive)?.promises
  const sinks = sinkDrives.some((one) => one.drive === drive) ? [bench.sink] : []
  return await bench.judge({ ...promises, sinks, ...own }, [source, 'stuck'])
}

test.each(drives)('$drive.name: nothing is wrong with the real components', async ({ drive }) => {
  expect(complaints(await verdictsOn({ drive, faults: {} }))).toEqual([])
})

test.each(planted)('$breaks is found broken where $bug', async (one) => {
  const broken = (await verdictsOn(one)).find(({ invariant }) => invariant === one.breaks)
  expect(broken).toMatchObject({ holds: false, first: { why: expect.any(String) } })
})

test('every invariant has a bug that breaks it, and every drive has one', () => {
  const invariants = Array.from({ length: 14 }, (_, n) => `I${n + 1}`)
  expect(new Set(planted.map(({ breaks }) => breaks))).toEqual(new Set(invariants))
  expect(new Set(planted.map(({ drive }) => drive))).toEqual(new Set(drives.map(({ drive }) => drive)))
})
