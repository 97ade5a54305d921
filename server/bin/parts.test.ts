import { expect, test } from 'vitest'
import { partHelp } from '#server/bin/part-help.ts'
import { parts } from '#server/bin/parts.ts'
import { keyOfVariable } from '#server/bin/settings.ts'
import { standaloneFields, workerFields } from '#server/runtime/worker-fields.ts'

test.each(Object.entries(parts))('%s explains itself and each of its settings in a sentence', (name, part) => {
  expect(part.summary).toMatch(/^[a-z].*[^.]$/)
  for (const doc of Object.values(part.settings)) expect(doc).toMatch(/^[A-Z].*\.$/)
  const help = partHelp(name, part)
  expect(help).toMatch(new RegExp(`^Usage: sluice ${name} .*\\[--key=value \\.\\.\\.\\]\n`))
  for (const [, key, variable] of help.matchAll(/--(\S+)=<value> {2}\((\w+)\)/g)) {
    expect(keyOfVariable(variable ?? '')).toBe(key)
  }
})

test('what the help of a worker names is a setting of a worker', () => {
  const others = ['listeners', 'sluice.profile']
  for (const [part, fields] of [
    ['worker', workerFields],
    ['standalone', standaloneFields],
  ] as const) {
    const named = Object.keys(parts[part]?.settings ?? {}).filter((key) => !others.includes(key))
    expect(Object.keys(fields)).toEqual(expect.arrayContaining(named))
  }
})
