import { createHmac, timingSafeEqual } from 'node:crypto'
import { ConnectError } from '#server/contract/errors.ts'
import type { InternalHerder } from '#server/contract/herder.ts'
import type { RestRequest } from '#server/rest/message.ts'

export const SIGNATURE_HEADER = 'X-Connect-Authorization'
export const ALGORITHM_HEADER = 'X-Connect-Request-Signature-Algorithm'

/** Java's names of the MACs that workers may agree on, and Node's. */
const hashes: Record<string, string> = {
  HmacMD5: 'md5',
  HmacSHA1: 'sha1',
  HmacSHA224: 'sha224',
  HmacSHA256: 'sha256',
  HmacSHA384: 'sha384',
  HmacSHA512: 'sha512',
}

/** The MAC of a body under one of Java's algorithm names; undefined when there is no such algorithm. */
export function macOf(algorithm: string, key: Uint8Array, body: Uint8Array): Buffer | undefined {
  const hash = Object.hasOwn(hashes, algorithm) ? hashes[algorithm] : undefined
  return hash === undefined ? undefined : createHmac(hash, key).update(body).digest()
}

/**
 * Lets only requests of the group's own workers through (KIP-507), in the order in which Kafka Connect checks them. Does
 * nothing when the group's protocol signs nothing. Throws before anything about connectors is disclosed (S-11).
 */
export function checkSignature(
  headers: RestRequest['headers'],
  body: Uint8Array,
  sessionKey: ReturnType<InternalHerder['sessionKey']>,
  permitted: readonly string[],
): void {
  if (sessionKey === null) return
  const signature = headers.get(SIGNATURE_HEADER)
  const algorithm = headers.get(ALGORITHM_HEADER)
  if (signature === null || algorithm === null) {
    throw new ConnectError('SIGNATURE_MISSING', 'Internal request missing required signature')
  }
  if (!Object.keys(hashes).some((name) => name.toLowerCase() === algorithm.toLowerCase())) {
    throw new ConnectError('SIGNATURE_MISSING', `Algorithm ${algorithm} not available`)
  }
  if (!permitted.includes(algorithm)) {
    throw new ConnectError(
      'SIGNATURE_MISSING',
      `This worker does not support the '${algorithm}' key signing algorithm used by other workers. This worker is currently configured to use: [${permitted.join(', ')}]. Check that all workers' configuration files permit the same set of signature algorithms, and correct any misconfigured worker and restart it.`,
    )
  }
  const foreign = /[^A-Za-z0-9+/=]/.exec(signature)
  if (foreign) {
    const code = foreign[0].charCodeAt(0).toString(16)
    throw new ConnectError('SIGNATURE_MISSING', `Illegal base64 character ${code}`)
  }
  const end = signature.search(/=[^=]/)
  if (end >= 0) {
    throw new ConnectError('SIGNATURE_MISSING', `Input byte array has incorrect ending byte at ${end + 1}`)
  }
  if (sessionKey === undefined) {
    throw new ConnectError(
      'SESSION_KEY_UNKNOWN',
      'This worker is still starting up and has not been able to read a session key from the config topic yet',
    )
  }
  const expected = macOf(algorithm, sessionKey.key, body)
  const given = Buffer.from(signature, 'base64')
  // Comparing in constant time tells nothing about how much of a guess was right (S-12).
  if (!expected || given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new ConnectError('SIGNATURE_INVALID', 'Internal request contained invalid signature.')
  }
}
