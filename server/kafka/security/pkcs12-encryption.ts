import { createDecipheriv, createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { bytesOf, type Der, derTags, inside, integerOf, oidOf } from '#server/kafka/security/der.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'

const pbes2 = '1.2.840.113549.1.5.13'
const pbkdf2 = '1.2.840.113549.1.5.12'
const tripleDesOfPkcs12 = '1.2.840.113549.1.12.1.3'

const ciphers: Readonly<Record<string, { name: string; keyBytes: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyBytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyBytes: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyBytes: 32 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyBytes: 24 },
}
const macHashes: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
}
const hashes: Readonly<Record<string, { name: string; bytes: number; block: number }>> = {
  '1.3.14.3.2.26': { name: 'sha1', bytes: 20, block: 64 },
  '2.16.840.1.101.3.4.2.1': { name: 'sha256', bytes: 32, block: 64 },
  '2.16.840.1.101.3.4.2.2': { name: 'sha384', bytes: 48, block: 128 },
  '2.16.840.1.101.3.4.2.3': { name: 'sha512', bytes: 64, block: 128 },
}

/** Decrypts what an AlgorithmIdentifier of PKCS #5 v2 (AES, as keytool and openssl write) or PKCS #12 (3DES) describes. */
export function decryptPkcs12(algorithm: Der | undefined, password: string, encrypted: Buffer): Buffer {
  const [oid, parameters] = inside(algorithm)
  const name = oidOf(oid)
  if (name === tripleDesOfPkcs12) {
    const [salt, iterations] = inside(parameters)
    const derive = (id: number, bytes: number) =>
      pkcs12Key(hashes['1.3.14.3.2.26'], { id, password, salt: bytesOf(salt), rounds: integerOf(iterations), bytes })
    return decipher('des-ede3-cbc', derive(1, 24), derive(2, 8), encrypted)
  }
  if (name !== pbes2) throw new MalformedError(`a store encrypted in an old way (${name}); make it again with AES`)
  const [derivation, encryption] = inside(parameters)
  const [derivationOid, derivationParameters] = inside(derivation)
  if (oidOf(derivationOid) !== pbkdf2) throw new MalformedError(`key derivation ${oidOf(derivationOid)}`)
  const [salt, iterations, ...rest] = inside(derivationParameters)
  const prf = rest.find(({ tag }) => tag === derTags.sequence)
  const hash = prf ? macHashes[oidOf(inside(prf)[0])] : 'sha1'
  const [cipherOid, iv] = inside(encryption)
  const cipher = ciphers[oidOf(cipherOid)]
  if (!hash || !cipher) throw new MalformedError(`encryption ${oidOf(cipherOid)}`)
  const key = pbkdf2Sync(password, bytesOf(salt), integerOf(iterations), cipher.keyBytes, hash)
  return decipher(cipher.name, key, bytesOf(iv), encrypted)
}

function decipher(name: string, key: Buffer, iv: Buffer, encrypted: Buffer): Buffer {
  const cipher = createDecipheriv(name, key, iv)
  return Buffer.concat([cipher.update(encrypted), cipher.final()])
}

/** Whether the MacData of a store is that of its content under the password (RFC 7292, section 4). */
export function verifiesPkcs12(mac: Der | undefined, password: string, content: Buffer): boolean {
  const [digestInfo, salt, iterations] = inside(mac)
  const [algorithm, digest] = inside(digestInfo)
  const oid = oidOf(inside(algorithm)[0])
  const hash = hashes[oid]
  if (!hash) throw new MalformedError(`a store with a checksum of kind ${oid}`)
  const rounds = iterations ? integerOf(iterations) : 1
  const key = pkcs12Key(hash, { id: 3, password, salt: bytesOf(salt), rounds, bytes: hash.bytes })
  const expected = createHmac(hash.name, key).update(content).digest()
  return expected.length === bytesOf(digest).length && timingSafeEqual(expected, bytesOf(digest))
}

/** RFC 7292, appendix B.2: `id` 1 makes a key, 2 an initial vector, 3 the key of a MAC. */
function pkcs12Key(
  hash: (typeof hashes)[string] | undefined,
  wanted: { id: number; password: string; salt: Buffer; rounds: number; bytes: number },
): Buffer {
  if (!hash) throw new MalformedError('an unknown hash')
  const { block } = hash
  const password = Buffer.from(`${wanted.password}\0`, 'utf16le').swap16()
  const input = Buffer.concat([filled(wanted.salt, block), filled(password, block)])
  const diversifier = Buffer.alloc(block, wanted.id)
  const out: Buffer[] = []
  for (let made = 0; made < wanted.bytes; made += hash.bytes) {
    let digest = createHash(hash.name).update(diversifier).update(input).digest()
    for (let round = 1; round < wanted.rounds; round++) digest = createHash(hash.name).update(digest).digest()
    out.push(digest)
    const addend = filled(digest, block).subarray(0, block)
    for (let at = 0; at < input.length; at += block) addPlusOne(input.subarray(at, at + block), addend)
  }
  return Buffer.concat(out).subarray(0, wanted.bytes)
}

/** `bytes` again and again, up to a multiple of the block. */
function filled(bytes: Buffer, block: number): Buffer {
  return Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes)
}

function addPlusOne(number: Buffer, addend: Buffer): void {
  let carry = 1
  for (let at = number.length - 1; at >= 0; at--) {
    const sum = (number[at] ?? 0) + (addend[at] ?? 0) + carry
    number[at] = sum & 255
    carry = sum >> 8
  }
}
