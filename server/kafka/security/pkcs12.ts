import { createPrivateKey, type KeyObject } from 'node:crypto'
import { bytesOf, type Der, derTags, inside, oidOf, readDer } from '#server/kafka/security/der.ts'
import { decryptPkcs12, verifiesPkcs12 } from '#server/kafka/security/pkcs12-encryption.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'

/** What a PKCS #12 file holds: a key store has keys and their chains, a trust store certificates alone. */
export interface Pkcs12Store {
  keys: KeyObject[]
  /** DER, in the order of the file. */
  certificates: Buffer[]
}

const data = '1.2.840.113549.1.7.1'
const encryptedData = '1.2.840.113549.1.7.6'
const bags = {
  key: '1.2.840.113549.1.12.10.1.1',
  shroudedKey: '1.2.840.113549.1.12.10.1.2',
  certificate: '1.2.840.113549.1.12.10.1.3',
  x509: '1.2.840.113549.1.9.22.1',
}
const jksMagic = 0xfeedfeed

/**
 * Reads a PKCS #12 file as keytool (Java 9 and later) and openssl write it: OpenSSL's own reader, which Node offers, gives
 * up on stores without a key. Throws MalformedError; when the password is wrong, with those words.
 */
export function readPkcs12(file: Buffer, password: string): Pkcs12Store {
  if (file.length >= 4 && file.readUInt32BE(0) === jksMagic) {
    throw new MalformedError('it is in the JKS format: convert it with keytool -importkeystore -deststoretype PKCS12')
  }
  const [, authSafe, mac] = inside(readDer(file)[0])
  const [contentType, content] = inside(authSafe)
  if (oidOf(contentType) !== data) throw new MalformedError('it is signed instead of protected by a password')
  const safes = bytesOf(inside(content, derTags.explicit0)[0])
  if (mac && !verifiesPkcs12(mac, password, safes)) throw new MalformedError('the password is wrong')
  const store: Pkcs12Store = { keys: [], certificates: [] }
  for (const safe of inside(readDer(safes)[0])) {
    for (const bag of inside(readDer(contentOf(safe, password))[0])) takeBag(bag, password, store)
  }
  return store
}

function contentOf(safe: Der, password: string): Buffer {
  const [type, content] = inside(safe)
  const [value] = inside(content, derTags.explicit0)
  if (oidOf(type) === data) return bytesOf(value)
  if (oidOf(type) !== encryptedData) throw new MalformedError(`content of type ${oidOf(type)}`)
  const [, encrypted] = inside(value)
  const [, algorithm, bytes] = inside(encrypted)
  return decryptPkcs12(algorithm, password, bytesOf(bytes, 0x80))
}

function takeBag(bag: Der, password: string, store: Pkcs12Store): void {
  const [id, content] = inside(bag)
  const value = bytesOf(content, derTags.explicit0)
  switch (oidOf(id)) {
    case bags.key:
      store.keys.push(createPrivateKey({ key: value, format: 'der', type: 'pkcs8' }))
      break
    case bags.shroudedKey:
      store.keys.push(createPrivateKey({ key: value, format: 'der', type: 'pkcs8', passphrase: password }))
      break
    case bags.certificate: {
      const [type, certificate] = inside(readDer(value)[0])
      if (oidOf(type) === bags.x509) store.certificates.push(bytesOf(inside(certificate, derTags.explicit0)[0]))
    }
  }
}
