import { expect, test } from 'vitest'
import { settingWarnings } from '#server/core/setting-warnings.ts'

const known = new Set(['rest.port', 'offset.flush.interval.ms', 'sluice.profile'])
const said = (key: string) => settingWarnings([key], known, ['producer.']).map(({ message }) => message)

test.each([
  ['ofset.flush.interval.ms', ' Did you mean offset.flush.interval.ms?'],
  ['rest.prot', ' Did you mean rest.port?'],
  ['sluice.profil', ' Did you mean sluice.profile?'],
  ['sluice.turbo', ''],
])('%s is told, with what was probably meant', (key, question) => {
  expect(said(key)).toEqual([`The setting ${key} is not known and has no effect.${question}`])
})

test.each(['rest.port', 'my.own.plugin.setting', 'producer.rest.prot'])('nothing is said of %s', (key) => {
  expect(said(key)).toEqual([])
})
