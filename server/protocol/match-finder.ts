/** What a compressor of the LZ77 family writes: bytes as they are, then a repetition of earlier ones. */
export interface LzSink {
  literals(start: number, end: number): void
  match(distance: number, length: number): void
}

const hashBits = 14
const word = (bytes: Buffer, at: number) => bytes.readUInt32LE(at)

/**
 * Greedy search for repetitions of four bytes and more in `bytes[start, end)`, at most 65,535 back. The last
 * `tail` bytes stay literals.
 */
export function findMatches(bytes: Buffer, start: number, end: number, tail: number, sink: LzSink): void {
  const seen = new Int32Array(1 << hashBits).fill(-1)
  const last = end - tail
  let literalsFrom = start
  let misses = 0
  for (let at = start; at + 4 <= last; ) {
    const here = word(bytes, at)
    const slot = Math.imul(here, 0x9e3779b1) >>> (32 - hashBits)
    const candidate = seen[slot] ?? -1
    seen[slot] = at
    if (candidate < 0 || at - candidate > 65535 || word(bytes, candidate) !== here) {
      // Steps grow where nothing repeats, so that incompressible bytes cost little.
      at += 1 + (misses++ >> 6)
      continue
    }
    let length = 4
    while (at + length < last && bytes[candidate + length] === bytes[at + length]) length++
    sink.literals(literalsFrom, at)
    sink.match(at - candidate, length)
    at += length
    literalsFrom = at
    misses = 0
  }
  sink.literals(literalsFrom, end)
}
