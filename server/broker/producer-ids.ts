import { readFileSync } from 'node:fs'
import { writeFileDurably } from '#server/broker/log/write-file-durably.ts'

const blockSize = 1000

/** Producer ids that were never given before: a block is reserved on disk before its first id goes out. */
export function openProducerIds(file: string): { next(): number } {
  let reserved = readReserved(file)
  let id = reserved
  return {
    next() {
      if (id === reserved) {
        reserved += blockSize
        writeFileDurably(file, String(reserved))
      }
      return id++
    },
  }
}

function readReserved(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}
