import { createHmac, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConnectError, messageOf } from '#server/contract/errors.ts'

/** Tells whether two texts are the same without keeping either; worthless to whoever lacks the key. */
export type Fingerprint = (text: string) => string

const keyBytes = 32

export function createFingerprint(key: Uint8Array): Fingerprint {
  return (text) => createHmac('sha256', key).update(text).digest('base64url').slice(0, 22)
}

/**
 * The key of this installation: made once, readable by its user alone. It stands beside the database, not in it: a copy
 * of the database alone lets nobody guess a password. Without it old fingerprints only match nothing any more.
 */
export async function loadFingerprintKey(folder: string): Promise<Uint8Array> {
  const file = join(folder, 'fingerprint.key')
  try {
    const key = await readFile(file)
    if (key.length === keyBytes) return key
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(file, error)
  }
  const key = randomBytes(keyBytes)
  try {
    await writeFile(file, key, { mode: 0o600 })
  } catch (error) {
    throw unusable(file, error)
  }
  return key
}

const unusable = (file: string, cause: unknown) =>
  new ConnectError('DATA_FOLDER_UNUSABLE', `${file} cannot be used: ${messageOf(cause)}`, { cause })
