import { closeSync, createReadStream, openSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Observation } from '#e2e/checker/observation.ts'

/** Observations that are made once and cannot be read again, kept on disk in the order in which they were made. */
export interface Journal extends Disposable {
  write(observation: Observation): void
  read(): AsyncIterable<Observation>
}

export function createJournal(file: string): Journal {
  const descriptor = openSync(file, 'a')
  return {
    write: (observation) => void writeSync(descriptor, `${JSON.stringify(observation)}\n`),
    async *read() {
      for await (const line of createInterface({ input: createReadStream(file) })) yield JSON.parse(line)
    },
    [Symbol.dispose]: () => closeSync(descriptor),
  }
}
