import { isMainThread } from 'node:worker_threads'
import { fromErrorMessage, toErrorMessage } from '#server/runtime/pool/thread-error.ts'

/** S-09: an error that ends this thread is told to whoever started it, without secrets. */
export function cleanCrashes(scrub: (text: string) => string): void {
  if (isMainThread) return // a test runs the inside of a thread in its own
  process.on('uncaughtException', (error) => {
    throw fromErrorMessage(toErrorMessage(error, scrub))
  })
}
