import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLineReader, type Lines } from '#server/connectors/file/line-reader.ts'

/** Hands `bytes` out in pieces of these sizes, then nothing. */
function inPieces(bytes: Buffer, sizes: readonly number[]) {
  let piece = 0
  return async (target: Buffer, position: number) => {
    const size = Math.max(1, sizes[piece++ % sizes.length] ?? 1)
    return bytes.copy(target, 0, position, Math.min(bytes.length, position + size))
  }
}

const textsOf = ({ bytes, starts, ends, count }: Lines) =>
  Array.from({ length: count }, (_, i) => bytes.toString('latin1', starts[i], ends[i]))

test('cuts the same lines whatever the pieces are that the bytes come in', async () => {
  const text = fc.array(fc.constantFrom('a', 'bc', '\n', '\r\n', '\r', 'x'.repeat(200)), { maxLength: 40 })
  const size = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 30_000, max: 90_000 }))
  const sizes = fc.array(size, { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(text, sizes, fc.integer({ min: 1, max: 5 }), async (parts, pieces, batchSize) => {
      const whole = parts.join('')
      const reader = createLineReader(0, batchSize)
      const read = inPieces(Buffer.from(whole, 'latin1'), pieces)
      const found: string[] = []
      let after = 0
      for (;;) {
        const lines = await reader.next(read)
        if (lines.count === 0) break
        expect(lines.count).toBeLessThanOrEqual(batchSize)
        found.push(...textsOf(lines))
        after = lines.base + (lines.nexts[lines.count - 1] ?? 0)
      }
      const expected = whole.replace(/\r$/, '').split(/\r\n|\n|\r/)
      expect(found).toEqual(expected.slice(0, -1))
      expect(whole.slice(after).replace(/\r$/, '')).toBe(expected.at(-1))
    }),
    { numRuns: 150 },
  )
})

test('holds no memory of a file that was read to its end', async () => {
  const reader = createLineReader(0, 10)
  const read = inPieces(Buffer.from('a\n'.repeat(50_000)), [100_000])
  let lines = await reader.next(read)
  while (lines.count > 0) lines = await reader.next(read)
  expect(lines.bytes.length).toBe(0)
})

test('keeps little more than what waits for the end of its line', async () => {
  const reader = createLineReader(0, 2000)
  const read = inPieces(Buffer.from(`${'a\n'.repeat(1_000_000)}rest`), [1 << 20])
  let lines = await reader.next(read)
  while (lines.count > 0) lines = await reader.next(read)
  expect(lines.bytes.length).toBeLessThanOrEqual(64 * 1024)
})

test('looks at the bytes of a line that grows slowly once', async () => {
  const reader = createLineReader(0, 2000)
  const size = 40_000_000
  let given = 0
  const grow = async (target: Buffer) => {
    const count = Math.min(target.length, 500, size - given)
    target.fill(97, 0, count)
    given += count
    return count
  }
  const begun = performance.now()
  expect((await reader.next(grow)).count).toBe(0)
  // Searched from its beginning each time it would take more than a minute.
  expect(performance.now() - begun).toBeLessThan(4_000)
})

test('says where a line begins that is too long for memory', async () => {
  const reader = createLineReader(0, 2000, 128 * 1024)
  const read = inPieces(Buffer.from(`short\n${'x'.repeat(200_000)}`), [1 << 20])
  expect(textsOf(await reader.next(read))).toEqual(['short'])
  await expect(reader.next(read)).rejects.toThrow('The line at position 6 is longer than 65536 bytes')
})
