import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mostShownBytes, showBytes } from '#server/topics/show-bytes.ts'

const auto = (text: string | number[]) => showBytes(Buffer.from(text as string), 'auto')

describe('auto', () => {
  test.each(['{"a":1}', ' [1, 2] ', '"text"', '12345678901234567890', 'null'])(
    'shows %j as the JSON that it is',
    (text) => {
      expect(auto(text)).toEqual({ text, format: 'json', truncated: false })
    },
  )

  test.each(['', 'plain', 'żółw 🐢', '{"a":', 'line\r\n\tline'])('shows %j as text', (text) => {
    expect(auto(text)).toEqual({ text, format: 'text', truncated: false })
  })

  test.each([
    ['a number of four bytes', [0, 0, 0, 5], '00000005'],
    ['what is not UTF-8', [0xc5, 0x28], 'c528'],
    ['half a character', [0x61, 0xc5], '61c5'],
  ])('shows %s as hex', (_, bytes, text) => {
    expect(auto(bytes)).toEqual({ text, format: 'hex', truncated: false })
  })

  test('keeps every digit of a number', () => {
    const text = '{"id":9007199254740993,"price":1.10,"id":-0.0e400}'
    expect(auto(text).text).toBe(text)
  })

  test('shows the beginning of a long text, and of a long JSON document as JSON', () => {
    const document = JSON.stringify({ rows: 'r'.repeat(mostShownBytes) })
    expect(auto(document)).toEqual({ text: document.slice(0, mostShownBytes), format: 'json', truncated: true })
    expect(auto('{ no json '.repeat(5_000))).toMatchObject({ format: 'text', truncated: true })
  })

  test('what is exactly as long as may be shown is shown whole', () => {
    expect(auto('x'.repeat(mostShownBytes)).truncated).toBe(false)
    expect(auto('x'.repeat(mostShownBytes + 1))).toEqual({
      text: 'x'.repeat(mostShownBytes),
      format: 'text',
      truncated: true,
    })
  })
})

test('the beginning of valid UTF-8 is a beginning of it, cut between characters', () => {
  const long = fc
    .tuple(fc.string({ unit: 'binary', maxLength: 5 }), fc.constantFrom('a', 'ż', '€', '🐢'))
    .map(([head, unit]) => `x${head}${unit.repeat(mostShownBytes)}`)
  fc.assert(
    fc.property(long, (text) => {
      const shown = showBytes(Buffer.from(text), 'text')
      expect(text.startsWith(shown.text)).toBe(true)
      expect(shown.truncated).toBe(true)
      expect(Buffer.byteLength(shown.text)).toBeGreaterThan(mostShownBytes - 4)
    }),
    { numRuns: 30 },
  )
})

test('every text round-trips as long as it is not cut', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('auto', 'json', 'text'), (text, format) => {
      const shown = showBytes(Buffer.from(text), format)
      const whole = shown.format === 'hex' ? Buffer.from(shown.text, 'hex').toString() : shown.text
      expect(whole).toBe(text)
    }),
  )
})

test('hex shows bytes two digits each, half as many as of text', () => {
  expect(showBytes(Buffer.from('az'), 'hex')).toEqual({ text: '617a', format: 'hex', truncated: false })
  const long = showBytes(Buffer.alloc(mostShownBytes, 1), 'hex')
  expect([long.text.length, long.truncated]).toEqual([mostShownBytes, true])
})

test('text is text when that is asked for, JSON falls back when it is none', () => {
  expect(showBytes(Buffer.from('{"a":1}'), 'text').format).toBe('text')
  expect(showBytes(Buffer.from([0xff]), 'text')).toEqual({ text: '\ufffd', format: 'text', truncated: false })
  expect(showBytes(Buffer.from('plain'), 'json').format).toBe('text')
})

test('a view into a larger buffer shows its own bytes alone', () => {
  const bytes = new Uint8Array(Buffer.from('before{"a":1}after'))
  expect(showBytes(bytes.subarray(6, 13), 'auto').text).toBe('{"a":1}')
})
