import { expect, test } from 'vitest'
import { compilePattern } from '#server/sdk/pattern.ts'

test.each([
  ['orders-.*', 'orders-1', true],
  ['orders', 'orders-1', false],
  ['\\p{Alpha}+', 'abc', true],
  ['[\\p{Digit}_]+', '4_2', true],
  ['\\P{Alpha}+', '12', true],
  ['(?i)ORDERS', 'orders', true],
  ['\\Qa.b[\\E', 'a.b[', true],
  ['[]a]+', ']a', true],
  ['\\[a\\]', '[a]', true],
])('%s matches %s as a whole: %s', (regex, text, matches) => {
  expect(compilePattern(regex).matches(text)).toBe(matches)
})

test.each([
  ['[', 'Unclosed character class near index 0\n[\n^'],
  ['a(b', 'Unclosed group near index 3\na(b'],
  ['*a', "Dangling meta character '*' near index 0\n*a\n^"],
  ['(?=a)b', 'Look-around is not supported near (?=\n(?=a)b'],
  ['(a)\\1', 'A back-reference is not supported near \\1\n(a)\\1'],
  ['a++', 'A possessive quantifier is not supported near ++\na++'],
  ['[a-z&&[^b]]', 'An intersection of character classes (&&) is not supported\n[a-z&&[^b]]'],
  ['[a[bc]]', 'A character class within a character class is not supported\n[a[bc]]'],
])('%s is refused in words that a person can use', (regex, message) => {
  expect(() => compilePattern(regex)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message }))
})

test('takes time linear in the text for patterns that make a backtracking engine hang (S-14)', () => {
  for (const regex of ['(a+)+', '(a|a)*', '(a|aa)+', '(.*a){12}']) {
    const begin = performance.now()
    expect(compilePattern(regex).matches(`${'a'.repeat(5_000)}!`)).toBe(false)
    // Backtracking would take longer than the universe has existed.
    expect(performance.now() - begin).toBeLessThan(2_000)
  }
})
