import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keyOfVariable, readSettings } from '#server/bin/settings.ts'

test('a flag wins over the environment, and the environment over the file', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'settings-')), 'worker.properties')
  writeFileSync(file, 'group.id=from-file\nrest.port=1\noffset.flush.interval.ms=5\n')
  const settings = readSettings({
    args: [file, '--group.id=from-flag'],
    env: { CONNECT_GROUP_ID: 'from-env', CONNECT_REST_PORT: '2' },
  })
  expect({ ...settings.values }).toEqual({
    'group.id': 'from-flag',
    'rest.port': '2',
    'offset.flush.interval.ms': '5',
  })
  expect(settings.origin('rest.port')).toBe('CONNECT_REST_PORT')
  expect(settings.origin('offset.flush.interval.ms')).toBe(file)
})

test('environment names are spelled as in Kafka images', () => {
  expect(keyOfVariable('CONNECT_CONFIG_STORAGE_TOPIC')).toBe('config.storage.topic')
  expect(keyOfVariable('CONNECT_A__B___C')).toBe('a-b_c')
  expect(keyOfVariable('HOME')).toBeUndefined()
  expect(keyOfVariable('constructor')).toBeUndefined()
})

test('a port out of range names the variable, the value and the range', () => {
  const settings = readSettings({ args: [], env: { PORT: '70000' } })
  expect(() => settings.port('console.port')).toThrow('PORT is "70000", but must be a whole number from 0 to 65535.')
})

test('a missing file is said by its name', () => {
  expect(() => readSettings({ args: ['nowhere.properties'], env: {} })).toThrow('nowhere.properties does not exist')
})

test('keys that name the prototype are plain keys', () => {
  const settings = readSettings({ args: ['--__proto__=x', '--constructor=y'], env: {} })
  expect(settings.get('__proto__')).toBe('x')
  expect(settings.get('toString')).toBeUndefined()
})
