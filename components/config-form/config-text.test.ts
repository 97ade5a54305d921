import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseConfigText, printConfig } from '#components/config-form/config-text.ts'

test('printing and reading back keeps every key and value', () => {
  const config = fc.dictionary(fc.string(), fc.option(fc.string(), { nil: null }))
  fc.assert(
    fc.property(config, (given) => {
      const parsed = parseConfigText(printConfig(given))
      expect(parsed.ok && Object.entries(parsed.config)).toEqual(Object.entries(JSON.parse(JSON.stringify(given))))
    }),
  )
})

test('the body of POST /connectors can be pasted as it is', () => {
  expect(parseConfigText('{"name":"a","config":{"tasks.max":2}}')).toEqual({
    ok: true,
    config: { name: 'a', 'tasks.max': '2' },
  })
})

test('text that does not parse is refused, never read as an empty config', () => {
  expect(parseConfigText('{"a":').ok).toBe(false)
  expect(parseConfigText('[]').ok).toBe(false)
  expect(parseConfigText('{"a":{"b":1}}')).toEqual({
    ok: false,
    message: 'The value of "a" has to be text, a number or a boolean.',
  })
})
