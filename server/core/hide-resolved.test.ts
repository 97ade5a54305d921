import { expect, test } from 'vitest'
import type { ConfigInfo } from '#server/contract/connector.ts'
import { hideResolved } from '#server/core/hide-resolved.ts'

const info = (name: string, value: string, errors: string[] = []): ConfigInfo => ({
  definition: null,
  value: { name, value, recommendedValues: ['a'], errors, visible: true },
})
const answer = (...configs: ConfigInfo[]) => ({ name: 'C', errorCount: 0, groups: [], configs })

test("a key with a placeholder shows it, and says of a value that does not fit no more than that, in Kafka's words", () => {
  const infos = answer(info('batch.size', 'hunter2', ['Invalid value hunter2']), info('topic', 't', ['bad']))
  const { configs, errorCount } = hideResolved(infos, { 'batch.size': '${env:P}' }, ['batch.size'], [])
  expect(configs).toEqual([
    {
      definition: null,
      value: {
        name: 'batch.size',
        value: '${env:P}',
        recommendedValues: [],
        errors: [
          "Invalid value for configuration 'batch.size': the value resolved from the config provider reference failed validation",
        ],
        visible: true,
      },
    },
    info('topic', 't', ['bad']),
  ])
  expect(errorCount).toBe(2)
  expect(JSON.stringify(configs)).not.toContain('hunter2')
})

test('a placeholder that could not be replaced is told at its key, also at one that nobody defined', () => {
  const problems = [
    { field: 'topic', message: 'no such file' },
    { field: 'mine', message: 'no such key' },
  ]
  const raw = { topic: '${env:T}', mine: '${env:M}' }
  const { configs, errorCount } = hideResolved(
    answer(info('topic', '${env:T}', ['odd'])),
    raw,
    ['topic', 'mine'],
    problems,
  )
  expect(configs.map(({ value }) => [value.name, value.value, value.errors])).toEqual([
    ['mine', '${env:M}', ['no such key']],
    ['topic', '${env:T}', ['no such file']],
  ])
  expect(errorCount).toBe(2)
})
