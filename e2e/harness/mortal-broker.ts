import { join } from 'node:path'
import { freePort } from '#e2e/harness/free-port.ts'
import { startKafkaNode } from '#e2e/harness/jvm.ts'
import { startPart } from '#e2e/harness/sluice-part.ts'
import type { WatchedProcess } from '#e2e/harness/watched-process.ts'

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

/**
 * Apache Kafka of which the broker alone dies: its controller is a process of its own, as in any cluster that is to outlive
 * its brokers.
 */
async function startMortalKafka(folder: string): Promise<MortalBroker> {
  const controller = await startKafkaNode(join(folder, 'controller'), { controllerOnly: true })
  try {
    const broker = await startKafkaNode(join(folder, 'broker'), { joins: controller })
    return {
      bootstrapServers: broker.bootstrapServers,
      get part() {
        return broker.part
      },
      start: () => broker.start(),
      async [Symbol.asyncDispose]() {
        await broker[Symbol.asyncDispose]()
        await controller[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await controller[Symbol.asyncDispose]()
    throw error
  }
}
