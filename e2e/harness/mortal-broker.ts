import { join } from 'node:path'
import { freePort } from '#e2e/harness/free-port.ts'
import { startKafkaNode } from '#e2e/harness/jvm.ts'
import { startPart } from '#e2e/harness/sluice-part.ts'
import type { WatchedProcess } from '#e2e/harness/watched-process.ts'
import { eventually } from '#e2e/start/eventually.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'

/** A broker that is to be killed: it may be started again, on what it left in its folder and under the same address. */
export interface MortalBroker extends AsyncDisposable {
  readonly bootstrapServers: string
  readonly part: WatchedProcess
  start(): Promise<void>
}

export type BrokerKind = 'embedded' | 'apache'

/** Apache Kafka where its jars are, else the embedded broker. */
export const brokerAtHand = (): BrokerKind => (process.env.SLUICE_KAFKA_HOME ? 'apache' : 'embedded')

export async function startMortalBroker(folder: string, kind: BrokerKind): Promise<MortalBroker> {
  if (kind === 'apache') return startMortalKafka(folder)
  const port = await freePort()
  const start = () => startPart(['broker', `--broker.port=${port}`, `--sluice.data.dir=${folder}`])
  let part = await start()
  return {
    bootstrapServers: `127.0.0.1:${port}`,
    get part() {
      return part
    },
    async start() {
      part = await start()
    },
    [Symbol.asyncDispose]: () => part[Symbol.asyncDispose](),
  }
}

/** The broker is given up this long after its death, in place of nine seconds. */
const givenUp = { 'broker.session.timeout.ms': '3000', 'broker.heartbeat.interval.ms': '500' }

/**
 * Apache Kafka of which the broker alone dies: its controller is a process of its own, and has given the broker up before that
 * comes back. Else it would hear in the middle of its start that its partitions have no leader for a moment, and Kafka takes such a
 * partition for one that was deleted: it skips the markers of a transaction that was prepared, which then stays open for good.
 */
async function startMortalKafka(folder: string): Promise<MortalBroker> {
  const lifecycle = createLifecycle()
  try {
    const properties = () => givenUp
    const controllerFolder = join(folder, 'controller')
    const controller = lifecycle.own(await startKafkaNode(controllerFolder, { controllerOnly: true, properties }))
    const broker = lifecycle.own(await startKafkaNode(join(folder, 'broker'), { joins: controller, properties }))
    let saidBeforeDeath = 0
    const rememberDeath = () =>
      void broker.part.gone.then(() => {
        saidBeforeDeath = controller.part.lines.length
      })
    const isGivenUp = async () =>
      controller.part.lines.slice(saidBeforeDeath).some((line) => line.includes('Fencing broker')) || undefined
    rememberDeath()
    return {
      bootstrapServers: broker.bootstrapServers,
      get part() {
        return broker.part
      },
      async start() {
        await broker.part.gone
        await eventually(isGivenUp, { withinMs: 60_000, what: 'the controller gives up the broker' })
        await broker.start()
        rememberDeath()
      },
      [Symbol.asyncDispose]: () => lifecycle[Symbol.asyncDispose](),
    }
  } catch (error) {
    await lifecycle[Symbol.asyncDispose]()
    throw error
  }
}
