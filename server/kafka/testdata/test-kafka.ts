import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBroker } from '#server/broker/server.ts'
import { systemClock } from '#server/contract/clock.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'

export interface TestKafka extends AsyncDisposable {
  bootstrapServers: string
}

/** The Kafka that BOOTSTRAP_SERVERS names, else an embedded broker on a folder of its own. */
export async function startTestKafka(): Promise<TestKafka> {
  const given = process.env.BOOTSTRAP_SERVERS
  if (given) return { bootstrapServers: given, async [Symbol.asyncDispose]() {} }
  const directory = await mkdtemp(join(tmpdir(), 'sluice-kafka-'))
  const broker = await startBroker({ directory, port: 0, clock: systemClock, logger: quietLogger })
  return {
    bootstrapServers: `127.0.0.1:${broker.port}`,
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]()
      await rm(directory, { recursive: true })
    },
  }
}
