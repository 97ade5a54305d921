import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  fillSecrets,
  hideSecrets,
  hidingSecrets,
  maskConfig,
  maskInfos,
  restoreSecrets,
} from '#server/console/secrets.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { keptSecret } from '#server/contract/kept-secret.ts'

const isPassword = (key: string) => key === 'pin'

test('a masked config holds no secret and every other key as it was', () => {
  const config = { pin: '1234', 'db.password': 'hunter2', topic: 'orders', note: null, ['__proto__']: 'x' }
  const masked = maskConfig(config, isPassword)
  expect(masked).toEqual({ ...config, pin: keptSecret, 'db.password': keptSecret })
  expect(Object.getPrototypeOf(masked)).toBe(Object.prototype)
})

test('masking and filling again gives the very same config, whatever is in it', () => {
  const configs = fc.dictionary(fc.string(), fc.option(fc.string().filter((text) => text !== keptSecret)))
  fc.assert(
    fc.property(configs, fc.func(fc.boolean()), (config, password) => {
      expect(restoreSecrets(maskConfig(config, password), config).config).toEqual(config)
    }),
  )
})

test('"unchanged" with nothing stored is refused at its field, and never sent', () => {
  const sent = { pin: keptSecret, topic: 'orders' }
  expect(fillSecrets(sent, {})).toEqual({ config: { topic: 'orders' }, missing: ['pin'], secrets: [] })
  expect(() => restoreSecrets(sent, {})).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', problems: [{ field: 'pin', message: expect.any(String) }] }),
  )
  // A key of the prototype is nothing stored.
  expect(fillSecrets({ toString: keptSecret }, {}).missing).toEqual(['toString'])
})

test('a validate answer tells neither filled secrets nor their echo, and a missing one at its field', () => {
  const sent = { pin: keptSecret, other: keptSecret, topic: 'orders' }
  const filled = fillSecrets(sent, { pin: 'p1n-value' })
  const value = (name: string, text: string | null, errors: string[]) => ({
    definition: null,
    value: { name, value: text, recommendedValues: [], errors, visible: true },
  })
  const infos = {
    name: 'c',
    errorCount: 1,
    groups: [],
    configs: [value('pin', 'p1n-value', ['Invalid value p1n-value']), value('topic', 'orders', [])],
  }
  const masked = maskInfos(infos, sent, filled)
  expect(JSON.stringify(masked)).not.toContain('p1n-value')
  expect(masked.errorCount).toBe(2)
  expect(masked.configs.map(({ value: each }) => [each.name, each.value, each.errors.length])).toEqual([
    ['pin', keptSecret, 1],
    ['topic', 'orders', 0],
    ['other', keptSecret, 1],
  ])
})

test('an error that quotes a filled secret is thrown without it, with code and fields kept', async () => {
  const failing = hidingSecrets(['s3cret-value', 'ab'], async () => {
    throw new ConnectError('CONFIG_INVALID', 'Invalid value s3cret-value, ab', {
      problems: [{ field: 'pin', message: 'not ab' }],
    })
  })
  await expect(failing).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: 'Invalid value [hidden], [hidden]',
    problems: [{ field: 'pin', message: 'not [hidden]' }],
  })
})

test('a short secret is hidden where it stands alone, and tears no word apart', () => {
  expect(hideSecrets('a table is a', ['a'])).toBe('[hidden] table is [hidden]')
  expect(hideSecrets('1+1 (.*)', ['.*', ''])).toBe('1+1 ([hidden])')
})
