import { open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import { type JavaBytes, JavaMapError, readJavaMap, writeJavaMap } from '#server/core/java-map.ts'

/** `offset.storage.file.filename`, in the format of Kafka Connect (`FileOffsetBackingStore`), so that either may go on with it. */
export interface OffsetFile {
  /** Empty for a file that is not there yet. Throws SETTING_INVALID for one that holds something else. */
  load(): Promise<[key: JavaBytes, value: JavaBytes][]>
  /** Resolves when the whole map is on disk: a crash leaves the file as it was before or as it is after (I5). */
  save(entries: readonly (readonly [key: JavaBytes, value: JavaBytes])[]): Promise<void>
}

export function createOffsetFile(path: string): OffsetFile {
  const setting = `offset.storage.file.filename (${path})`

  async function read(): Promise<Uint8Array> {
    try {
      return await readFile(path)
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return new Uint8Array()
      throw new ConnectError('SETTING_INVALID', `${setting} cannot be read: ${messageOf(cause)}`, { cause })
    }
  }

  return {
    async load() {
      const bytes = await read()
      // Kafka Connect starts anew from a file that was cut off, too, and so copies everything again; that is not ours to decide.
      if (bytes.length === 0) return []
      try {
        return readJavaMap(bytes)
      } catch (cause) {
        if (!(cause instanceof JavaMapError)) throw cause
        throw new ConnectError('SETTING_INVALID', `${setting} holds no offsets of Kafka Connect: ${cause.message}`, {
          cause,
        })
      }
    },
    async save(entries) {
      const beside = `${path}.new`
      const file = await open(beside, 'w')
      try {
        await file.writeFile(writeJavaMap(entries))
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(beside, path)
      await syncFolder(dirname(path))
    },
  }
}

/** Without it a crash of the machine may take the renaming back. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
