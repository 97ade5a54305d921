import { expect, test } from 'vitest'
import { readRecordPlugins } from '#server/console/catalog.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { RecordPluginEntry } from '#server/contract/herder.ts'
import { createMemoryHerder } from '#server/rest/test-tree/memory-herder.ts'

const entry = (name: string, version = '1'): RecordPluginEntry => ({
  class: name,
  type: 'transformation',
  version,
  summary: 'Does it.',
})

const none = async () => new Map<string, string>()

test('transforms and predicates stand by name, and several versions of a class are one choice', async () => {
  const herder = { ...createMemoryHerder(), recordPlugins: async () => [entry('b'), entry('a'), entry('a', '2')] }
  expect((await readRecordPlugins({ herder }, none)).map(({ class: name }) => name)).toEqual(['a', 'b'])
})

test('a cluster of Apache Kafka Connect is asked for its classes; Sluice describes those that it has too', async () => {
  const herder = {
    ...createMemoryHerder(),
    recordPlugins: () => Promise.reject(new ConnectError('UNSUPPORTED', 'This cluster does not offer this.')),
    plugins: async () => [
      { class: 'p', type: 'predicate' as const, version: '4.3.1' },
      { class: 's', type: 'source' as const },
      { class: 'm', type: 'transformation' as const },
    ],
  }
  expect(await readRecordPlugins({ herder }, async () => new Map([['m', 'Masks.']]))).toEqual([
    { class: 'm', type: 'transformation', version: '', summary: 'Masks.' },
    { class: 'p', type: 'predicate', version: '4.3.1', summary: '' },
  ])
})
