import { MalformedError } from '#server/protocol/malformed-error.ts'

/** One value of ASN.1 in its distinguished encoding. */
export interface Der {
  tag: number
  content: Buffer
}

export const derTags = { integer: 0x02, octets: 0x04, oid: 0x06, sequence: 0x30, set: 0x31, explicit0: 0xa0 } as const

/** The values that stand one after the other in `bytes`. Throws MalformedError. */
export function readDer(bytes: Buffer): Der[] {
  const values: Der[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] ?? 0
    let length = bytes[at + 1] ?? 0
    at += 2
    if (length > 0x84 || length === 0x80) throw new MalformedError('ASN.1 that is not DER')
    if (length > 0x80) {
      const size = length - 0x80
      if (at + size > bytes.length) throw new MalformedError('ASN.1 that ends early')
      length = bytes.readUIntBE(at, size)
      at += size
    }
    if (at + length > bytes.length) throw new MalformedError('ASN.1 that ends early')
    values.push({ tag, content: bytes.subarray(at, at + length) })
    at += length
  }
  return values
}

/** The values inside a value, which must have the tag. */
export function inside(value: Der | undefined, tag: number = derTags.sequence): Der[] {
  return readDer(bytesOf(value, tag))
}

/** The content of a value, which must have the tag. */
export function bytesOf(value: Der | undefined, tag: number = derTags.octets): Buffer {
  if (value?.tag !== tag) throw new MalformedError(`ASN.1 with tag ${value?.tag} instead of ${tag}`)
  return value.content
}

export const integerOf = (value: Der | undefined): number => {
  const bytes = bytesOf(value, derTags.integer)
  if (bytes.length < 1 || bytes.length > 6) throw new MalformedError(`ASN.1 integer of ${bytes.length} bytes`)
  return bytes.readIntBE(0, bytes.length)
}

/** An object identifier with dots. */
export function oidOf(value: Der | undefined): string {
  const parts: number[] = []
  let part = 0
  for (const byte of bytesOf(value, derTags.oid)) {
    part = part * 128 + (byte & 127)
    if (byte & 128) continue
    if (parts.length === 0) {
      const first = Math.min(2, Math.floor(part / 40))
      parts.push(first, part - first * 40)
    } else parts.push(part)
    part = 0
  }
  return parts.join('.')
}
