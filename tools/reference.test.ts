import { expect, test } from 'vitest'
import { consumerFields, producerFields } from '#server/kafka/client-fields.ts'
import { readWorkerConfig } from '#server/runtime/worker-config.ts'
import { standaloneFields, workerFields } from '#server/runtime/worker-fields.ts'
import { providersPage } from '#tools/providers-page.ts'
import { transformsPage } from '#tools/transforms-page.ts'
import { workerExample, workerPage } from '#tools/worker-page.ts'

test.each(Object.entries({ ...workerFields, ...standaloneFields, ...producerFields, ...consumerFields }))(
  '%s is explained in a sentence',
  (_, field) => {
    expect(field.doc).toMatch(/^[A-Z].*\.$/s)
  },
)

test('the worker of the reference starts as it is written there', () => {
  expect(readWorkerConfig(workerExample).groupId).toBe('connect')
  for (const [key, value] of Object.entries(workerExample)) expect(workerPage()).toContain(`\n${key}=${value}\n`)
})

test('no table of the reference is torn by a line break', () => {
  const rows = [workerPage(), providersPage(), transformsPage()]
    .flatMap((page) => page.split('\n'))
    .filter((line) => line.startsWith('|'))
  expect(rows.length).toBeGreaterThan(50)
  for (const row of rows) expect(row).toMatch(/\|$/)
})
