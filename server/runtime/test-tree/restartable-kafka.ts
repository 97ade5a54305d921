import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Broker, startBroker } from '#server/broker/server.ts'
import { systemClock } from '#server/contract/clock.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'

/** An embedded broker that a test stops, and starts again on the same folder and port. */
export interface RestartableKafka extends AsyncDisposable {
  bootstrapServers: string
  stop(): Promise<void>
  start(): Promise<void>
}

export async function startRestartableKafka(): Promise<RestartableKafka> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-kafka-'))
  const open = (port: number) =>
    startBroker({ directory, port, minSessionTimeoutMs: 500, clock: systemClock, logger: quietLogger })
  let broker: Broker | undefined = await open(0)
  const { port } = broker
  const kafka: RestartableKafka = {
    bootstrapServers: `127.0.0.1:${port}`,
    async stop() {
      await broker?.[Symbol.asyncDispose]()
      broker = undefined
    },
    async start() {
      broker ??= await open(port)
    },
    async [Symbol.asyncDispose]() {
      await kafka.stop()
      await rm(directory, { recursive: true })
    },
  }
  return kafka
}
