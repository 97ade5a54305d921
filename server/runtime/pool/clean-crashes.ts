import { Console } from 'node:console'
import { Writable } from 'node:stream'
import { isMainThread } from 'node:worker_threads'
import { fromErrorMessage, toErrorMessage } from '#server/runtime/pool/thread-error.ts'

/** S-09: an error that ends this thread is told to whoever started it, without secrets. */
export function cleanCrashes(scrub: (text: string) => string): void {
  if (isMainThread) return // a test runs the inside of a thread in its own
  process.on('uncaughtException', (error) => {
    throw fromErrorMessage(toErrorMessage(error, scrub))
  })
}

/** S-09: what plugins print goes out without secrets. Records that a sink writes to the standard output are data, and stay. */
export function cleanConsole(scrub: (text: string) => string): void {
  if (isMainThread) return
  const cleaned = (stream: Writable) =>
    new Writable({
      decodeStrings: false,
      write: (text, _encoding, done) => void stream.write(scrub(String(text)), done),
    })
  globalThis.console = new Console({ stdout: cleaned(process.stdout), stderr: cleaned(process.stderr) })
}
