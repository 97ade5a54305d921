import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { knownSettings, openPrefixes } from '#server/bin/known-settings.ts'
import { ownVariables } from '#server/bin/settings.ts'
import { settingWarnings } from '#server/core/setting-warnings.ts'

const server = join(import.meta.dirname, '..')
const read = /(?:settings|values|properties)(?:\.(?:get|port|count)\(|\[)'([a-z.]+)'/g

test('nothing that the start of a worker reads is told to be unknown', () => {
  const files = globSync('{bin,rest}/**/*.ts', { cwd: server }).filter(
    (file) => !/\.(test|integration)\.ts$/.test(file),
  )
  const texts = files.map((file) => readFileSync(join(server, file), 'utf8'))
  const keys = texts.flatMap((text) => [...text.matchAll(read)].map(([, key = '']) => key))
  expect(keys).toContain('sluice.profile')
  expect(settingWarnings([...keys, ...Object.values(ownVariables)], knownSettings, openPrefixes)).toEqual([])
})

test('each of our settings is told when it is misspelled', () => {
  const ours = [...knownSettings].filter((key) => key.startsWith('sluice.'))
  for (const key of ours) expect(settingWarnings([`${key}x`], knownSettings, openPrefixes)).toHaveLength(1)
})
