const primes = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1] as const
const rotate = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits))

/** XXH32 with seed 0 of fewer than sixteen bytes: all that an LZ4 frame's header takes. */
export function xxhash32(bytes: Buffer): number {
  if (bytes.length >= 16) throw new RangeError('only short inputs')
  let hash = (primes[4] + bytes.length) | 0
  let at = 0
  for (; at + 4 <= bytes.length; at += 4) {
    hash = Math.imul(rotate(hash + Math.imul(bytes.readInt32LE(at), primes[2]), 17), primes[3])
  }
  for (; at < bytes.length; at++) {
    hash = Math.imul(rotate(hash + Math.imul(bytes[at] ?? 0, primes[4]), 11), primes[0])
  }
  hash = Math.imul(hash ^ (hash >>> 15), primes[1])
  hash = Math.imul(hash ^ (hash >>> 13), primes[2])
  return (hash ^ (hash >>> 16)) >>> 0
}
