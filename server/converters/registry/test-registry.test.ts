import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { readSettings } from '#server/converters/registry/read-settings.ts'
import { registryFields } from '#server/converters/registry/registry-fields.ts'
import { createRegistryHttp } from '#server/converters/registry/registry-http.ts'
import { registryConnection } from '#server/converters/registry/registry-settings.ts'
import { testRegistry } from '#server/converters/registry/test-registry.ts'
import { startMemoryRegistry } from '#server/converters/test-tree/memory-registry.ts'
import { createTester } from '#server/runtime/connection-test/tester.ts'
import { leapingClock } from '#server/sdk/testing/leaping-clock.ts'

/** What became of the one step against a registry at this address. */
async function testing(url: string, isKey = false) {
  const connection = registryConnection(readSettings(registryFields, { 'schema.registry.url': url }))
  const { ask, close } = createRegistryHttp(connection, leapingClock())
  const tester = createTester(systemClock, new AbortController().signal)
  await testRegistry(tester, { ask, urls: connection.urls, isKey })
  close()
  return tester.result().steps[0]
}

test('a registry that answers is told without the login that stands in its address', async () => {
  await using registry = await startMemoryRegistry()
  const url = registry.url.replace('//', '//ada:hidden@')
  expect(await testing(url)).toEqual({
    title: 'Reach the schema registry for values',
    field: 'value.converter.schema.registry.url',
    outcome: 'passed',
    detail: registry.url,
    ms: expect.any(Number),
  })
})

test('a registry that is away fails at the key that names it', async () => {
  const registry = await startMemoryRegistry()
  await registry[Symbol.asyncDispose]()
  expect(await testing(registry.url, true)).toMatchObject({
    field: 'key.converter.schema.registry.url',
    outcome: 'failed',
    detail: expect.stringContaining('ECONNREFUSED'),
  })
})

test('what does not know the question is warned of: an old registry, or none', async () => {
  await using registry = await startMemoryRegistry()
  expect(await testing(`${registry.url}/elsewhere`)).toMatchObject({ outcome: 'warned' })
})
