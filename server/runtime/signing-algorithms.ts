import { ConnectError } from '#server/contract/errors.ts'
import { invalidValue } from '#server/core/config-def-checks.ts'

/** Java's names of the MACs that workers may sign with, Node's name of the hash, and the bits of a key when nothing is said. */
const macs = {
  HmacMD5: { hash: 'md5', keyBits: 512 },
  HmacSHA1: { hash: 'sha1', keyBits: 512 },
  HmacSHA224: { hash: 'sha224', keyBits: 224 },
  HmacSHA256: { hash: 'sha256', keyBits: 256 },
  HmacSHA384: { hash: 'sha384', keyBits: 384 },
  HmacSHA512: { hash: 'sha512', keyBits: 512 },
} as const satisfies Record<string, { hash: string; keyBits: number }>

type MacName = keyof typeof macs
const isMacName = (name: string): name is MacName => Object.hasOwn(macs, name)

/** Node's name of the hash behind a MAC. Throws for one that `checkSigning` would have refused. */
export function hashOf(algorithm: string): string {
  if (!isMacName(algorithm)) throw new RangeError(`no such algorithm: ${algorithm}`)
  return macs[algorithm].hash
}

/** The size of a new session key in bytes: what was set in bits, else what Java's key generator chooses. */
export function keyBytesOf(algorithm: string, bits: number | null): number {
  return Math.ceil((bits ?? (isMacName(algorithm) ? macs[algorithm].keyBits : 0)) / 8)
}

/**
 * Throws SETTING_INVALID in Kafka's words (`DistributedConfig`) when workers could not sign requests to each other, or
 * would not accept what they signed.
 */
export function checkSigning(settings: {
  'inter.worker.key.generation.algorithm': string
  'inter.worker.key.size': number | null
  'inter.worker.signature.algorithm': string
  'inter.worker.verification.algorithms': readonly string[]
}): void {
  const key = settings['inter.worker.key.generation.algorithm']
  const bits = settings['inter.worker.key.size']
  const signature = settings['inter.worker.signature.algorithm']
  const verification = settings['inter.worker.verification.algorithms']
  ensureSupported('inter.worker.key.generation.algorithm', key)
  ensureSupported('inter.worker.signature.algorithm', signature)
  if (verification.length === 0) {
    const message = 'At least one signature verification algorithm must be provided'
    throw refused('inter.worker.verification.algorithms', verification, message)
  }
  for (const algorithm of verification) ensureSupported('inter.worker.verification.algorithms', algorithm)
  if (bits !== null && bits < 40) {
    const start = `Unable to create key generator with algorithm ${key} and key size ${bits}`
    throw new ConnectError('SETTING_INVALID', `${start}: Key length must be at least 40 bits`)
  }
  if (!verification.includes(signature)) {
    const message = 'Signature algorithm must be present in inter.worker.verification.algorithms list'
    throw refused('inter.worker.signature.algorithm', signature, message)
  }
}

function ensureSupported(setting: string, algorithm: string): void {
  if (isMacName(algorithm)) return
  const supported = Object.keys(macs).join(', ')
  const message = `the algorithm is not supported by this JVM; the supported algorithms are: [${supported}]`
  throw refused(setting, algorithm, message)
}

const refused = (setting: string, value: unknown, message: string) =>
  new ConnectError('SETTING_INVALID', invalidValue(value, setting, message))
