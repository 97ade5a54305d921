import fc from 'fast-check'

/** What a broken or hostile peer makes of valid bytes. */
const anyDamage = fc.oneof(
  fc.record({ how: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({ how: fc.constant('flip' as const), at: fc.nat(), bit: fc.integer({ min: 0, max: 7 }) }),
  fc.record({
    how: fc.constant('length' as const),
    at: fc.nat(),
    value: fc.constantFrom(-1, -2, 2 ** 31 - 1, -(2 ** 31)),
  }),
  fc.record({ how: fc.constant('varint' as const), at: fc.nat(), bytes: fc.integer({ min: 1, max: 10 }) }),
  fc.record({
    how: fc.constant('insert' as const),
    at: fc.nat(),
    noise: fc.uint8Array({ minLength: 1, maxLength: 20 }),
  }),
)

type Damage = typeof anyDamage extends fc.Arbitrary<infer D> ? D : never

/** From position `from` on; what stands before is left as it is. */
export function damaged(valid: Buffer, damages: readonly Damage[], from = 0): Buffer {
  let bytes = Buffer.from(valid)
  for (const damage of damages) {
    if (bytes.length <= from) break
    const at = from + (damage.at % (bytes.length - from))
    if (damage.how === 'cut') bytes = bytes.subarray(0, at)
    if (damage.how === 'flip') bytes[at] = (bytes[at] ?? 0) ^ (1 << damage.bit)
    if (damage.how === 'length' && at + 4 <= bytes.length) bytes.writeInt32BE(damage.value, at)
    if (damage.how === 'varint') bytes.fill(255, at, Math.min(bytes.length, at + damage.bytes))
    if (damage.how === 'insert') bytes = Buffer.concat([bytes.subarray(0, at), damage.noise, bytes.subarray(at)])
  }
  return bytes
}

export const someDamage = fc.array(anyDamage, { minLength: 1, maxLength: 3 })
