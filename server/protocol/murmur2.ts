/** Kafka's hash of a key (`Utils.murmur2`), as a signed int32. */
export function murmur2(bytes: Uint8Array): number {
  const factor = 0x5bd1e995
  const { length } = bytes
  const at = (index: number) => bytes[index] ?? 0
  let hash = 0x9747b28c ^ length
  const whole = length & ~3
  for (let i = 0; i < whole; i += 4) {
    let word = Math.imul(at(i) | (at(i + 1) << 8) | (at(i + 2) << 16) | (at(i + 3) << 24), factor)
    word = Math.imul(word ^ (word >>> 24), factor)
    hash = Math.imul(hash, factor) ^ word
  }
  const rest = length - whole
  if (rest === 3) hash ^= at(whole + 2) << 16
  if (rest >= 2) hash ^= at(whole + 1) << 8
  if (rest >= 1) hash = Math.imul(hash ^ at(whole), factor)
  hash = Math.imul(hash ^ (hash >>> 13), factor)
  return hash ^ (hash >>> 15)
}

/** The partition of a key as Kafka's default partitioner chooses it (`BuiltInPartitioner.partitionForKey`). */
export const partitionForKey = (key: Uint8Array, partitions: number): number => (murmur2(key) & 0x7fffffff) % partitions
