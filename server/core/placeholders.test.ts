import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keysWithReferences, referencesIn, replaceReferences, restorePlaceholders } from '#server/core/placeholders.ts'

test.each([
  ['${file:/etc/a.properties:password}', [['file', '/etc/a.properties', 'password']]],
  ['${env:HOME}', [['env', '', 'HOME']]],
  ['jdbc:${env:HOST}:5432/${file:/a:db}?x', [['env', '', 'HOST'], ['file', '/a', 'db']]], // biome-ignore format: one case a line
  ['${vault:secret/db:a:b}', [['vault', 'secret/db', 'a:b']]],
  ['${file::key}', [['file', '', 'key']]],
  ['${a${env:X}}', [['a${env', '', 'X']]],
  ['${noColon} $env:X} ${', []],
])('%s is read as Kafka reads it', (value, references) => {
  expect(referencesIn(value).map(({ provider, path, key }) => [provider, path, key])).toEqual(references)
})

test('what was put in is not looked at again, and what has no value stays', () => {
  const values = new Map([['${env:A}', '${env:B}$&'], ['${env:B}', 'no']]) // biome-ignore format: a table
  expect(replaceReferences('<${env:A}${env:C}>', (text) => values.get(text))).toBe('<${env:B}$&${env:C}>')
})

test('a config has placeholders where it names a provider that there is', () => {
  const config = { a: '${env:A}', b: '${topic:1}', c: null, d: 'x' }
  expect(keysWithReferences(config, new Set(['env']))).toEqual(['a'])
})

test('task configs have placeholders again under the same keys, and wherever a resolved value was copied to', () => {
  const raw = {
    password: '${env:P}',
    url: 'db://${env:U}:${env:P}@host',
    plain: 'hunter2',
    short: '${env:S}',
    same: 'hunter2',
  }
  const resolved = new Map([
    ['${env:P}', 'hunter2'],
    ['${env:U}', 'hunter2-user'],
    ['${env:S}', 'ab'],
  ])
  const task = {
    password: 'hunter2',
    url: 'changed',
    copy: 'user=hunter2-user;pw=hunter2',
    other: 'cab',
    short: 'ab',
    same: 'hunter2',
  }
  expect(restorePlaceholders([task], raw, resolved)).toEqual([
    {
      password: '${env:P}',
      url: 'db://${env:U}:${env:P}@host',
      copy: 'user=${env:U};pw=${env:P}',
      other: 'cab',
      short: '${env:S}',
      same: 'hunter2',
    },
  ])
})

test('S-06: no value of four characters or more is left in a task config, and it resolves to what it was', () => {
  const secret = fc.string({ minLength: 4, maxLength: 12 }).filter((text) => !/[${}:]/.test(text))
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
      fc.pre(!'${env:P}'.includes(value))
      const made = `${before}${value}${after}`
      const [task] = restorePlaceholders([{ copy: made }], {}, new Map([['${env:P}', value]]))
      expect(task?.copy).not.toContain(value)
      fc.pre(!made.includes('${'))
      expect(replaceReferences(task?.copy ?? '', () => value)).toBe(made)
    }),
  )
})
