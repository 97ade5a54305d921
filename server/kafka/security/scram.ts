import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { SaslExchange } from '#server/kafka/security/sasl-exchange.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

export interface ScramCredentials {
  username: string
  password: string
  /** The username is the id of a delegation token and the password its HMAC (KIP-48). */
  token?: boolean
}

const hashes = { 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512' } as const
export type ScramMechanism = keyof typeof hashes

/** Fewer iterations would make the password guessable (RFC 7677); more would keep us busy at a stranger's request. */
const iterationLimits = { least: 4096, most: 1_000_000 }
const derive = promisify(pbkdf2)

/**
 * The client's half of SCRAM (RFC 5802), without channel binding as in Kafka. A broker that cannot prove that it knows the
 * password too is refused with SASL_AUTHENTICATION_FAILED.
 */
export function scramExchange(
  mechanism: ScramMechanism,
  credentials: ScramCredentials,
  nonce = randomBytes(24).toString('base64url'),
): SaslExchange {
  const hash = hashes[mechanism]
  const first = `n=${escaped(credentials.username)},r=${nonce}${credentials.token ? ',tokenauth=true' : ''}`
  let serverSignature: Buffer | undefined

  async function prove(challenge: string): Promise<string> {
    const fields = fieldsOf(challenge)
    const combined = fields.get('r') ?? ''
    const salt = Buffer.from(fields.get('s') ?? '', 'base64')
    const iterations = Number(fields.get('i'))
    if (!combined.startsWith(nonce) || combined.length === nonce.length || salt.length === 0) {
      throw refused('the challenge of the broker is not one to our request')
    }
    if (!(iterations >= iterationLimits.least && iterations <= iterationLimits.most)) {
      const { least, most } = iterationLimits
      throw refused(`the broker asks for ${iterations} iterations, which are not from ${least} to ${most}`)
    }
    const salted = await derive(credentials.password, salt, iterations, hash === 'sha256' ? 32 : 64, hash)
    const hmac = (key: Buffer, text: string) => createHmac(hash, key).update(text).digest()
    const clientKey = hmac(salted, 'Client Key')
    const storedKey = createHash(hash).update(clientKey).digest()
    const withoutProof = `c=biws,r=${combined}`
    const signed = `${first},${challenge},${withoutProof}`
    const signature = hmac(storedKey, signed)
    serverSignature = hmac(hmac(salted, 'Server Key'), signed)
    const proof = clientKey.map((byte, at) => byte ^ (signature[at] ?? 0))
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`
  }

  function verify(answer: string) {
    const fields = fieldsOf(answer)
    const error = fields.get('e')
    if (error !== undefined) throw refused(error)
    const claimed = Buffer.from(fields.get('v') ?? '', 'base64')
    if (!serverSignature || claimed.length !== serverSignature.length || !timingSafeEqual(claimed, serverSignature)) {
      throw refused('the broker does not know the password: its signature is wrong')
    }
  }

  return {
    mechanism,
    first: async () => Buffer.from(`n,,${first}`),
    async next(challenge) {
      const text = challenge.toString()
      if (!serverSignature) return Buffer.from(await prove(text))
      verify(text)
      return undefined
    },
  }
}

const refused = (why: string) => new KafkaError('SASL_AUTHENTICATION_FAILED', `SCRAM: ${why}`)
const escaped = (name: string) => name.replaceAll('=', '=3D').replaceAll(',', '=2C')

function fieldsOf(message: string): Map<string, string> {
  return new Map(message.split(',').map((field) => [field.slice(0, 1), field.slice(2)]))
}
