import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import type { Herder } from '#server/contract/herder.ts'
import { createRestClient } from '#server/rest/client.ts'
import { createMemoryHerder } from '#server/rest/test-tree/memory-herder.ts'
import { silentLogger } from '#server/rest/test-tree/silent-logger.ts'
import { createWebHandler } from '#server/rest/test-tree/web-handler.ts'

const warnings = [{ key: 'topicc', message: 'Did you mean topic?', meant: 'topic' }]
const plugin = 'FileStreamSource'
const config = { 'connector.class': plugin, name: 'c', topic: 't' }

/** A worker at a port, and the paths that it was asked for; a JVM worker knows nothing under /sluice. */
async function startWorker({ jvm = false } = {}) {
  const memory = createMemoryHerder()
  const herder: Herder = {
    ...memory,
    validate: async (name, given) => ({ ...(await memory.validate(name, given)), warnings }),
  }
  const handle = createWebHandler({
    ...{ herder, profile: 'compat', clock: systemClock, logger: silentLogger, version: 'test' },
  })
  const asked: string[] = []
  const server = createServer(async (incoming, outgoing) => {
    const path = incoming.url ?? ''
    asked.push(path)
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const headers = { 'content-type': 'application/json' }
    const request = new Request(`http://127.0.0.1${path}`, { method: incoming.method ?? 'GET', headers, body })
    const unknown = Response.json({ error_code: 404, message: 'HTTP 404 Not Found' }, { status: 404 })
    const response = jvm && path.startsWith('/sluice') ? unknown : await handle(request, path)
    outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    client: createRestClient([`http://127.0.0.1:${(server.address() as AddressInfo).port}`]),
    handle,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

test("warnings are told under /sluice/v1, and never in Kafka Connect's own answer", async () => {
  await using worker = await startWorker()
  expect((await worker.client.validate(plugin, config)).warnings).toEqual(warnings)
  const path = `/connector-plugins/${plugin}/config/validate`
  const body = JSON.stringify(config)
  const headers = { 'content-type': 'application/json' }
  const request = new Request(`http://127.0.0.1${path}`, { method: 'PUT', headers, body })
  expect(await (await worker.handle(request, path)).json()).not.toHaveProperty('warnings')
})

test('a cluster that knows no warnings is asked for them once', async () => {
  await using worker = await startWorker({ jvm: true })
  for (let i = 0; i < 2; i++) {
    const { warnings: told, configs } = await worker.client.validate(plugin, config)
    expect(told).toBeUndefined()
    expect(configs.length).toBeGreaterThan(0)
  }
  expect(worker.asked.filter((path) => path.startsWith('/sluice'))).toHaveLength(1)
})
