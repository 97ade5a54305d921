import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** What one life of a task says of itself, for somebody outside to read: in a file it outlives a kill of the process. */
export interface Ledger {
  /** Returns when the lines are with the operating system. */
  write(entries: readonly object[]): void
  close(): void
}

/** A file of its own for each life, so that its lines stand in the order of their time. */
export function openLedger(folder: string | null, life: string): Ledger {
  const descriptor = folder === null ? undefined : openSync(join(folder, `${encodeURIComponent(life)}.jsonl`), 'a')
  return {
    write(entries) {
      if (entries.length === 0) return
      const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')
      if (descriptor === undefined) process.stdout.write(lines)
      else writeSync(descriptor, lines)
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor)
    },
  }
}
