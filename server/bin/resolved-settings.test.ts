import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { resolveSettings, withoutSecrets } from '#server/bin/resolved-settings.ts'
import { readSettings } from '#server/bin/settings.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { createScrubber } from '#server/observe/scrubber.ts'

const classes = 'org.apache.kafka.common.config.provider'
let folder: string
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-settings-')))
  writeFileSync(join(folder, 'worker.properties'), 'group=from-a-file\npattern=SLUICE_TEST_.*\npassword=hunter22\n')
  process.env.SLUICE_TEST_TOPIC = 'from-the-environment'
})
afterAll(() => {
  delete process.env.SLUICE_TEST_TOPIC
  rmSync(folder, { recursive: true })
})

const inFile = (key: string) => `\${file:${join(folder, 'worker.properties')}:${key}}`
const resolved = (values: Record<string, string>) => {
  const scrubber = createScrubber()
  return { scrubber, result: resolveSettings(readSettings({ args: [], env: {} }).with(values), scrubber) }
}
const file = { 'config.providers': 'file', 'config.providers.file.class': `${classes}.FileConfigProvider` }

test('settings without providers stay as they are, placeholders and all', async () => {
  const { settings, secrets } = await resolved({ 'group.id': '${file:/a:b}' }).result
  expect(settings.get('group.id')).toBe('${file:/a:b}')
  expect(secrets).toEqual([])
})

test('S-09: secrets that stand in settings in the open are no less hidden', async () => {
  const jaas = 'org.example.Login required username="ada" password="in-the-open";'
  const { scrubber, result } = resolved({ 'sasl.jaas.config': jaas, 'ssl.key.password': 'key-password' })
  expect((await result).secrets).toEqual([jaas, 'in-the-open', 'key-password'])
  expect(scrubber.scrub('in-the-open key-password')).toBe('[hidden] [hidden]')
})

test("a worker's own settings are resolved, the parameters of a provider by those before it", async () => {
  const { scrubber, result } = resolved({
    ...{ ...file, 'config.providers': 'file, env', 'group.id': `a-${inFile('group')}` },
    'config.providers.env.class': 'EnvVarConfigProvider',
    'config.providers.env.param.allowlist.pattern': inFile('pattern'),
    'status.storage.topic': '${env:SLUICE_TEST_TOPIC}',
    'some.other': '${nobody:a}',
  })
  const { settings, secrets } = await result
  expect(settings.get('group.id')).toBe('a-from-a-file')
  expect(settings.get('status.storage.topic')).toBe('from-the-environment')
  expect(settings.get('some.other')).toBe('${nobody:a}')
  expect(secrets).toEqual(expect.arrayContaining(['from-a-file', 'from-the-environment']))
  expect(scrubber.scrub('group from-a-file')).toBe('group [hidden]')
})

test('a setting whose placeholder has no value is named, and so is the placeholder', async () => {
  const { result } = resolved({ ...file, 'group.id': inFile('none') })
  await expect(result).rejects.toMatchObject({
    code: 'SETTING_INVALID',
    message: `group.id: Could not resolve ${inFile('none')}: there is no value for this key`,
  })
})

test('S-05: in the profile safe a provider has to say what it may reach', async () => {
  await expect(resolved({ ...file, 'sluice.profile': 'safe' }).result).rejects.toThrow(
    '"config.providers.file.param.allowed.paths"',
  )
  const limited = { ...file, 'sluice.profile': 'safe', 'config.providers.file.param.allowed.paths': folder }
  const { settings } = await resolved({ ...limited, 'group.id': inFile('group') }).result
  expect(settings.get('group.id')).toBe('from-a-file')
})

test('S-09: an error about a setting does not quote what a provider gave', async () => {
  const { scrubber, result } = resolved({ ...file, 'session.timeout.ms': inFile('password') })
  const { settings } = await result
  const read = () => {
    throw new ConnectError('SETTING_INVALID', `Invalid value ${settings.get('session.timeout.ms')}`)
  }
  expect(() => withoutSecrets(scrubber, read)).toThrow('Invalid value [hidden]')
})
