import { randomUUID } from 'node:crypto'
import { type Clock, systemClock } from '#server/contract/clock.ts'
import { type ClusterView, taskName, type WorkerView } from '#server/contract/connector.ts'
import type { Herder } from '#server/contract/herder.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createLogLevels } from '#server/observe/log-levels.ts'
import { createLogMemory } from '#server/observe/log-memory.ts'
import { createPeers, createRestClient } from '#server/rest/client.ts'
import { restSettings } from '#server/rest/rest-settings.ts'
import { startRest } from '#server/rest/server.ts'
import { eventually } from '#server/runtime/test-tree/eventually.ts'
import { createOwnership, type Ownership } from '#server/runtime/test-tree/ownership.ts'
import { createTestHost, type HostWishes } from '#server/runtime/test-tree/test-host.ts'
import { startWire, type Wire } from '#server/runtime/test-tree/wire.ts'
import { createWorker, type Worker } from '#server/runtime/worker.ts'
import { readWorkerConfig } from '#server/runtime/worker-config.ts'

/** A whole worker with its doors, in this process, over a wire of its own to the broker. */
export interface TestWorker extends AsyncDisposable {
  /** `host:port`. */
  id: string
  worker: Worker
  /** The same worker asked over HTTP, which follows to the leader. */
  rest: Herder
  wire: Wire
  /** Settles when the worker has read its topics. */
  started: Promise<void>
  /** As SIGKILL would: it says nothing to anybody, and runs nothing any more. */
  kill(): void
}

export interface TestGroup extends AsyncDisposable {
  ownership: Ownership
  workers: TestWorker[]
  add(options?: { settings?: Record<string, string>; wishes?: HostWishes; port?: number }): Promise<TestWorker>
  /** The view of whoever leads, once nothing moves and these workers, and no others, are in the group. */
  settledAs(...workers: TestWorker[]): Promise<ClusterView>
}

/** Short sessions, so that a test does not wait ten seconds for a dead worker. */
const brisk = { 'session.timeout.ms': '3000', 'heartbeat.interval.ms': '500', 'rebalance.timeout.ms': '10000' }

export function createTestGroup(
  bootstrapServers: string,
  common: Record<string, string> = {},
  clock: Clock = systemClock,
): TestGroup {
  const group = `g-${randomUUID()}`
  const ownership = createOwnership()
  const workers: TestWorker[] = []

  async function add({ settings = {}, wishes = {}, port = 0 }: Parameters<TestGroup['add']>[0] = {}) {
    const wire = await startWire(bootstrapServers)
    const properties = {
      ...{ 'bootstrap.servers': wire.bootstrapServers, 'group.id': group, ...brisk },
      ...{
        'key.converter': 'JsonConverter',
        'value.converter': 'JsonConverter',
        listeners: `http://127.0.0.1:${port}`,
      },
      ...Object.fromEntries(
        ['config', 'offset', 'status'].flatMap((kind) => [
          [`${kind}.storage.topic`, `${group}-${kind}`],
          [`${kind}.storage.replication.factor`, '1'],
        ]),
      ),
      ...{ ...common, ...settings },
    }
    let id = ''
    const levels = createLogLevels({ root: 'OFF', clock })
    const worker = createWorker({
      config: readWorkerConfig(properties),
      createPool: async ({ events }) => createTestHost(id, { ownership, events, wishes }),
      peers: createPeers(),
      sink: () => undefined,
      levels,
      memory: createLogMemory({ worker: () => id }),
      clock,
      logger: quietLogger,
    })
    const rest = await startRest({
      ...restSettings(properties),
      // Kafka's HTTP server, and with it the other profile, reaches no connector with a slash in its name.
      profile: 'safe',
      ...{ herder: worker.herder, internal: worker.internal, stage: worker.stage },
      ...{ clock, logger: quietLogger, version: 'test' },
    })
    const { host, href } = new URL(rest.url)
    id = host
    const started = worker.start(href)
    started.catch(() => undefined) // the test asks, or stops it before
    const one: TestWorker = {
      ...{ id, worker, wire, started, rest: createRestClient([rest.url]) },
      kill() {
        ownership.killed(id)
        wire.cut()
        void rest[Symbol.asyncDispose]() // nobody listens at its port: who asks the dead must not wait
      },
      async [Symbol.asyncDispose]() {
        const at = workers.indexOf(one)
        if (at >= 0) workers.splice(at, 1)
        wire.mend() // a dead worker's objects here end sooner when they can say goodbye
        // Not awaited: whether a door closes in time is not what is judged here.
        void rest[Symbol.asyncDispose]()
        await worker[Symbol.asyncDispose]()
        await wire[Symbol.asyncDispose]()
      },
    }
    workers.push(one)
    return one
  }

  async function viewOf(one: TestWorker): Promise<ClusterView | undefined> {
    return one.rest.cluster().catch(() => undefined) // between two rounds nobody knows
  }

  return {
    ownership,
    workers,
    add,
    settledAs: (...expected) =>
      eventually(`a group of ${expected.map(({ id }) => id).join(', ')}`, async () => {
        const [one] = expected
        const view = one && (await viewOf(one))
        if (!view || view.delayMs > 0 || view.workers.length !== expected.length) return undefined
        if (!expected.every(({ id }) => view.workers.some((worker) => worker.id === id))) return undefined
        if (view.workers.flatMap(namesOf).sort().join() !== (await configured(one)).sort().join()) return undefined
        const runs = view.workers.every(
          (worker) => namesOf(worker).sort().join() === ownership.heldBy(worker.id).join(),
        )
        return runs ? view : undefined
      }),
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.slice().map((worker) => worker[Symbol.asyncDispose]()))
    },
  }
}

/** As `Ownership` names them. */
const namesOf = ({ connectors, tasks }: Pick<WorkerView, 'connectors' | 'tasks'>): string[] => [
  ...connectors.map((name) => `connector ${name}`),
  ...tasks.map(taskName),
]

/** Everything that is to run somewhere. */
async function configured({ worker: { herder } }: TestWorker): Promise<string[]> {
  const connectors = await herder.list()
  const tasks = await Promise.all(connectors.map(async (name) => (await herder.info(name)).tasks))
  return namesOf({ connectors, tasks: tasks.flat() })
}
