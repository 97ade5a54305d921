import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { parseConfig } from '#server/core/config-def.ts'
import { providers } from '#server/providers/catalog.ts'
import { directoryConfigProvider } from '#server/providers/directory-config-provider.ts'
import { envVarConfigProvider } from '#server/providers/env-var-config-provider.ts'
import { fileConfigProvider } from '#server/providers/file-config-provider.ts'
import type { ConfigProviderPlugin } from '#server/sdk/config-provider.ts'
import { quietLogger } from '#server/sdk/testing/quiet-logger.ts'

let root: string
let allowed: string
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-providers-')))
  allowed = join(root, 'allowed')
  mkdirSync(join(allowed, 'folder'), { recursive: true })
  mkdirSync(join(root, 'allowed-not'))
  writeFileSync(join(allowed, 'db.properties'), 'user=app\npassword=p\\u00e4ss=w:rd \nempty=\n')
  writeFileSync(join(allowed, 'folder', 'token'), 'line one\nline two\n')
  writeFileSync(join(root, 'secret.properties'), 'password=outside')
  writeFileSync(join(root, 'allowed-not', 'secret.properties'), 'password=outside')
  symlinkSync(join(root, 'secret.properties'), join(allowed, 'link.properties'))
  symlinkSync(root, join(allowed, 'up'))
  symlinkSync(join(allowed, 'folder', 'token'), join(allowed, 'token-link'))
})
afterAll(() => rmSync(root, { recursive: true }))

const env = { DB_PASSWORD: 'hunter2', HOME: '/root' }

async function ask(plugin: ConfigProviderPlugin, params: Record<string, string>, path: string, ...keys: string[]) {
  const parsed = parseConfig(plugin.config, params)
  if (!parsed.ok) throw new Error(parsed.problems[0]?.message)
  await using provider = plugin.open(parsed.value as never, { clock: systemClock, logger: quietLogger, env })
  const { values } = await provider.get(path, keys, new AbortController().signal)
  return Object.fromEntries(values)
}

test('a file is read as Java reads properties; keys that it has not are absent', async () => {
  const file = join(allowed, 'db.properties')
  expect(await ask(fileConfigProvider, {}, file, 'password', 'empty', 'none')).toEqual({
    password: 'päss=w:rd ',
    empty: '',
  })
})

test("a file that cannot be read is told in Kafka's words", async () => {
  const missing = join(root, 'none.properties')
  await expect(ask(fileConfigProvider, {}, missing, 'a')).rejects.toThrow(`Path ${missing} does not exist`)
  await expect(ask(fileConfigProvider, {}, allowed, 'a')).rejects.toThrow(
    `Could not read properties from file ${allowed}`,
  )
})

test('a folder answers whole files, not folders, and links as what they lead to', async () => {
  expect(await ask(directoryConfigProvider, {}, join(allowed, 'folder'), 'token')).toEqual({
    token: 'line one\nline two\n',
  })
  expect(await ask(directoryConfigProvider, { 'allowed.paths': allowed }, allowed, 'token-link')).toEqual({
    'token-link': 'line one\nline two\n',
  })
  await expect(ask(directoryConfigProvider, {}, allowed, 'folder')).rejects.toThrow(
    `Could not read file ${join(allowed, 'folder')}`,
  )
  expect(await ask(directoryConfigProvider, {}, join(allowed, 'folder'), '../db.properties', '..', '.', '')).toEqual({})
})

describe('S-05: allowed.paths', () => {
  const outside = [
    ['an absolute path', () => join(root, 'secret.properties')],
    ['dots', () => `${allowed}/../secret.properties`],
    ['dots that lead back', () => `${allowed}/folder/../../secret.properties`],
    ['a link', () => join(allowed, 'link.properties')],
    ['a folder that is a link', () => join(allowed, 'up', 'secret.properties')],
    ['a name that only begins alike', () => join(root, 'allowed-not', 'secret.properties')],
    ['the environment of the process', () => '/proc/self/environ'],
    ['a device', () => '/dev/zero'],
    ['what does not exist', () => join(root, 'none.properties')],
    ['a NUL', () => `${root}/secret.properties\0.properties`],
  ] as const

  test.each(outside)('keeps out %s', async (_, path) => {
    const asked = ask(fileConfigProvider, { 'allowed.paths': allowed }, path(), 'password')
    await expect(asked).rejects.toThrow(`The path ${path()} is not allowed to be accessed`)
  })

  test('lets in what lies below, by whatever way', async () => {
    for (const path of ['db.properties', 'folder/../db.properties', 'up/allowed/db.properties']) {
      expect(await ask(fileConfigProvider, { 'allowed.paths': allowed }, `${allowed}/${path}`, 'user')).toEqual({
        user: 'app',
      })
    }
  })

  test('keeps links of a folder inside', async () => {
    await expect(
      ask(directoryConfigProvider, { 'allowed.paths': allowed }, allowed, 'link.properties'),
    ).rejects.toThrow('is not allowed to be accessed')
  })

  test.each([
    ['relative/path', 'Path relative/path is not absolute'],
    ['/no/such/folder', 'Path /no/such/folder does not exist'],
  ])('%s is no allowed path', async (path, message) => {
    await expect(ask(fileConfigProvider, { 'allowed.paths': path }, '/', 'a')).rejects.toThrow(message)
  })
})

test('a variable is found by its name, if the whole name matches the pattern', async () => {
  expect(await ask(envVarConfigProvider, {}, '', 'DB_PASSWORD', 'NONE', 'toString')).toEqual({ DB_PASSWORD: 'hunter2' })
  expect(await ask(envVarConfigProvider, { 'allowlist.pattern': 'DB_.*' }, '', 'DB_PASSWORD', 'HOME')).toEqual({
    DB_PASSWORD: 'hunter2',
  })
  expect(await ask(envVarConfigProvider, { 'allowlist.pattern': 'DB' }, '', 'DB_PASSWORD')).toEqual({})
  await expect(ask(envVarConfigProvider, {}, '/path', 'HOME')).rejects.toThrow(
    "Path is not supported for EnvVarConfigProvider, invalid value '/path'",
  )
})

test.each(providers)('$class: explains every parameter in a sentence, and its example is valid', (plugin) => {
  for (const field of Object.values(plugin.config)) expect(field.doc).toMatch(/^[A-Z].*\.$/s)
  expect(parseConfig(plugin.config, plugin.example.params)).toMatchObject({ ok: true })
  expect(plugin.example.value).toMatch(/^\$\{[a-z]+:[^}]+\}$/)
})
