import { setTimeout as after } from 'node:timers/promises'
import type { Bench } from '#e2e/checker/planted/bench.ts'
import { type Drive, type Planted, type Promised, source, stream } from '#e2e/checker/planted/planted.ts'
import { runSource, type SourceFaults } from '#e2e/checker/planted/tasks.ts'
import { moreRecordsArrive, recordsArrive } from '#e2e/checker/planted/waits.ts'
import { createProducer } from '#server/kafka/producer.ts'
import { openStores } from '#server/runtime/test-tree/test-stores.ts'
import { openDescriptors } from '#server/sdk/testing/open-descriptors.ts'

/** Tells all the time what a worker would say of the task over REST. */
function saying(bench: Bench, says: () => string): AsyncDisposable {
  let over = false
  const talking = (async () => {
    while (!over) {
      const at = Date.now()
      bench.journal.write({ kind: 'status', at, askedAt: at, stream, state: says() })
      await after(20)
    }
  })()
  return {
    async [Symbol.asyncDispose]() {
      over = true
      await talking
    },
  }
}

/** A task ends, of itself nobody says a word. */
const endQuietly: Drive = async (bench, { drive: faulty }) => {
  const task = runSource(bench, { name: source })
  let ended = false
  await using _ = saying(bench, () => (ended && !faulty ? 'UNASSIGNED' : task.state))
  await recordsArrive(bench, 100)
  await task.stop()
  ended = true
  await after(2_000)
}

/** A task is told to pause. */
const pause: Drive = async (bench, { drive: faulty }) => {
  const task = runSource(bench, { name: source })
  let told = false
  await using _ = saying(bench, () => (told && faulty ? 'PAUSED' : task.state))
  await recordsArrive(bench, 100)
  told = true
  if (!faulty) task.runner.setTarget('PAUSED')
  await after(2_000)
  await task.stop()
}

const faultMs = 3_000

/** A neighbour is stuck for a while; all share one gate that only one of them should stand at. */
const besideOneThatIsStuck: Drive = async (bench, { drive: faulty }) => {
  let gate = Promise.resolve()
  const atTheGate: SourceFaults = {
    task: (real) => ({
      ...real,
      async poll(signal) {
        await gate
        return real.poll(signal)
      },
    }),
  }
  const stuck = runSource(bench, { name: 'stuck', faults: atTheGate })
  const beside = runSource(bench, { name: source, faults: faulty ? atTheGate : undefined, throughput: 200 })
  await recordsArrive(bench, 100)
  await bench.fault({ what: 'a poll that hangs', harm: 'none', connector: 'stuck' }, async () => {
    gate = after(faultMs)
    await gate
  })
  await moreRecordsArrive(bench, 600)
  await Promise.all([stuck.stop(), beside.stop()])
}

/** A connector is created, deleted and looked for; a late write of a former leader comes in between. */
const createAndDelete: Drive = async (bench, { drive: faulty }) => {
  await using stores = openStores(bench.bootstrapServers)
  await stores.start()
  const { configs } = stores
  const connector = 'c'
  const write = async (config: string | null) => {
    const at = Date.now()
    await (config === null ? configs.removeConnector(connector) : configs.putConnector(connector, { topic: config }))
    bench.journal.write({ kind: 'config written', at, connector, config, doneAt: Date.now() })
    await after(2)
  }
  const read = async () => {
    const askedAt = Date.now()
    await configs.readToEnd()
    const config = configs.state.connectors.get(connector)?.config?.topic ?? null
    bench.journal.write({ kind: 'config read', at: Date.now(), askedAt, connector, config })
    await after(2)
  }
  await write('one')
  await read()
  await write('two')
  await read()
  await write(null)
  await read()
  if (faulty) {
    const formerLeader = createProducer(bench.client, { acks: -1, idempotent: true })
    const value = Buffer.from(JSON.stringify({ properties: { topic: 'two' } }))
    await formerLeader.produce(`configs-${stores.id}`, [{ key: Buffer.from(`connector-${connector}`), value }])
  }
  await read()
}

/** Clients come and go. */
const comeAndGo: Drive = async (bench, { drive: faulty }) => {
  for (let cycle = 0; cycle < 12; cycle++) {
    const client = bench.openClient()
    await client.topic(bench.topic)
    if (!faulty) await client[Symbol.asyncDispose]()
    await after(10)
    const usage = { process: 'bench', cycle, memoryBytes: 0, descriptors: openDescriptors() }
    bench.journal.write({ kind: 'usage', at: Date.now(), ...usage })
  }
}

/** A task is stopped, and begun again. */
const beginAgain: Drive = async (bench, { drive: faulty }) => {
  const first = runSource(bench, { name: source })
  await recordsArrive(bench, 100)
  await bench.fault({ what: 'a stop', harm: 'none' }, () => first.stop())
  if (faulty) return
  const second = runSource(bench, { name: source })
  await moreRecordsArrive(bench, 200)
  await second.stop()
}

export const workerDrives: Promised[] = [
  ...[endQuietly, pause, besideOneThatIsStuck, beginAgain].map((drive) => ({ drive, promises: {} })),
  ...[createAndDelete, comeAndGo].map((drive) => ({ drive, promises: { streams: [] } })),
]

const faults = { drive: true } as const

/** What may go wrong around tasks: in what is said of them, between them, and in what the group agrees on. */
export const workerBugs: Planted[] = [
  { bug: 'RUNNING is said of a task that nobody runs', breaks: 'I8', drive: endQuietly, faults },
  { bug: 'PAUSED is said of a task that goes on', breaks: 'I8', drive: pause, faults },
  { bug: 'a stuck task holds what another one needs', breaks: 'I9', drive: besideOneThatIsStuck, faults },
  { bug: 'a task is not begun again after a fault', breaks: 'I10', drive: beginAgain, faults },
  { bug: 'a deleted connector is written again by a former leader', breaks: 'I11', drive: createAndDelete, faults },
  { bug: 'connections of clients that are gone stay open', breaks: 'I12', drive: comeAndGo, faults },
]
