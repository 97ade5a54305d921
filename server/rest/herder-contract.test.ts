import { systemClock } from '#server/contract/clock.ts'
import { createRestClient } from '#server/rest/client.ts'
import { startRest } from '#server/rest/server.ts'
import { everyName, meetsHerderContract } from '#server/rest/test-tree/herder-contract.ts'
import { createMemoryHerder } from '#server/rest/test-tree/memory-herder.ts'
import { silentLogger } from '#server/rest/test-tree/silent-logger.ts'

meetsHerderContract('a herder in process', async () => {
  const cluster = createMemoryHerder()
  return { herder: cluster, cluster, async [Symbol.asyncDispose]() {} }
})

/** Kafka Connect's HTTP server refuses paths that name others. */
const namesInKafkaPaths = everyName.filter((name) => !/[/%\\]/.test(name))

for (const profile of ['compat', 'safe'] as const) {
  const open = async () => {
    const cluster = createMemoryHerder()
    const rest = await startRest({
      herder: cluster,
      profile,
      clock: systemClock,
      logger: silentLogger,
      version: '0.1.0',
      listeners: ['http://127.0.0.1:0'],
    })
    // The first address is one where nobody answers: the client goes on to the next.
    const herder = createRestClient(['http://127.0.0.1:21599', rest.url])
    return { herder, cluster, [Symbol.asyncDispose]: () => rest[Symbol.asyncDispose]() }
  }
  const names = profile === 'compat' ? namesInKafkaPaths : everyName
  meetsHerderContract(`a herder behind the REST API (${profile})`, open, names)
}
