/** What a compressor of the LZ77 family writes: bytes as they are, then a repetition of earlier ones. */
export interface LzSink {
  literals(start: number, end: number): void
  match(distance: number, length: number): void
}

const hashBits = 14
/** As far back as a match may reach. */
const windowBytes = 65535
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
    if (candidate < 0 || at - candidate > windowBytes || word(bytes, candidate) !== here) {
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

/**
 * The same with the longest of up to `attempts` earlier places for each position: smaller, and slower (as LZ4's "high
 * compression").
 */
export function findLongMatches(
  bytes: Buffer,
  range: { start: number; end: number; tail: number },
  attempts: number,
  sink: LzSink,
): void {
  const { start, end } = range
  const last = end - range.tail
  const newest = new Int32Array(1 << hashBits).fill(-1)
  /** The place before each, of those with the same hash. */
  const earlier = new Int32Array(end - start)
  const remember = (at: number) => {
    const slot = Math.imul(word(bytes, at), 0x9e3779b1) >>> (32 - hashBits)
    earlier[at - start] = newest[slot] ?? -1
    newest[slot] = at
  }
  const lengthAt = (candidate: number, at: number) => {
    let length = 0
    while (at + length < last && bytes[candidate + length] === bytes[at + length]) length++
    return length
  }

  let literalsFrom = start
  for (let at = start; at + 4 <= last; ) {
    remember(at)
    let length = 0
    let distance = 0
    let candidate = earlier[at - start] ?? -1
    for (let left = attempts; left > 0 && candidate >= 0 && at - candidate <= windowBytes; left--) {
      // Longer than the best so far only if it goes on where that ended.
      const found = bytes[candidate + length] === bytes[at + length] ? lengthAt(candidate, at) : 0
      if (found > length) [length, distance] = [found, at - candidate]
      candidate = earlier[candidate - start] ?? -1
    }
    if (length < 4) {
      at++
      continue
    }
    sink.literals(literalsFrom, at)
    sink.match(distance, length)
    const next = at + length
    while (++at < next) if (at + 4 <= last) remember(at)
    literalsFrom = next
  }
  sink.literals(literalsFrom, end)
}
