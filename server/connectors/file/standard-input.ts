import { createReadStream, fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { isatty, ReadStream } from 'node:tty'

/** The bytes of the standard input, taken as they come. */
export interface StandardInput extends Disposable {
  /** Fills `target` with what is there and answers how many bytes; throws what broke the stream. */
  read(target: Buffer): Promise<number>
  /** Resolves when more may be there, or at the abort. After the end that is the abort alone. */
  arrived(signal: AbortSignal): Promise<void>
}

const descriptor = 0

export function openStandardInput(): StandardInput {
  const input = openStream()
  let wake: () => void = () => undefined
  let failure: Error | undefined
  input.on('readable', () => wake())
  input.on('error', (error) => {
    failure = error
    wake()
  })

  return {
    async read(target) {
      if (failure) throw failure
      const chunk: Buffer | null = input.read(Math.min(target.length, input.readableLength))
      return chunk ? chunk.copy(target) : 0
    },
    arrived: (signal) =>
      new Promise((resolve) => {
        const done = () => {
          signal.removeEventListener('abort', done)
          wake = () => undefined
          resolve()
        }
        wake = done
        signal.addEventListener('abort', done)
        if (input.readableLength > 0 || failure || signal.aborted) done()
      }),
    [Symbol.dispose]: () => void input.destroy(),
  }
}

/**
 * A read of a terminal, a pipe or a socket would hold its thread until something comes, also when the task stops: these are
 * waited for instead. None of the streams closes the descriptor, which is the process's (libuv leaves 0 to 2 open).
 */
function openStream(): Readable {
  if (isatty(descriptor)) return new ReadStream(descriptor)
  const kind = fstatSync(descriptor)
  if (kind.isFIFO() || kind.isSocket()) return new Socket({ fd: descriptor, readable: true, writable: false })
  return createReadStream('', { fd: descriptor, autoClose: false })
}
