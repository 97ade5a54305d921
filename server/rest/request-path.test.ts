import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PathError, rawPath, segmentsOf } from '#server/rest/request-path.ts'

const read = (target: string, strict = false) => segmentsOf(rawPath(target), { strict })

/** Every code point but lone halves of a pair, which no URL can carry. */
const codePoint = fc.oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
const anyName = fc.array(codePoint, { minLength: 1, maxLength: 20 }).map((points) => String.fromCodePoint(...points))

test('any name can be sent as one segment where paths are not read strictly', () => {
  fc.assert(
    fc.property(anyName, (name) => {
      expect(read(`/connectors/${encodeURIComponent(name)}/status`)).toEqual(['connectors', name, 'status'])
    }),
  )
})

test.each([
  ['/', []],
  ['/?a=/b', []],
  ['/connectors/', ['connectors']],
  ['/connectors/a;x=1/status?y#z', ['connectors', 'a', 'status']],
  ['/connectors/..', ['connectors', '..']],
  ['/connectors/./x', ['connectors', '.', 'x']],
])('%s is read as it was sent', (target, segments) => {
  expect(read(target, true)).toEqual(segments)
})

test.each([
  '/a%2Fb',
  '/a%2fb',
  '/a%25b',
  '/%2e',
  '/%2E%2e/x',
  '/.%2e;x',
  '/a%5Cb',
  '/a%00',
  '/a%0A',
  '/a//b',
  '/%zz',
  '/%C3',
  'x',
])('%s is refused where it could be read in two ways', (target) => {
  expect(() => read(target, true)).toThrow(PathError)
})

test.each(['/a%2Eb', '/a.b', '/...x', '/%20lead', '/a%3Fb'])('%s has one meaning', (target) => {
  expect(read(target, true)).toHaveLength(1)
})
