import type { During } from '#server/runtime/task/task-runner.ts'

/** The stage of a plugin's own `validate`. */
export const validating = 'validating a config'

/** Bytes that a thread shares with whoever watches it: an Int32 with the text's length, then the text in UTF-8. */
export const stageBoardBytes = 1_024
const lengthBytes = 4
/** A thread runs one hook at a time, but any of those that were begun may be the one that goes on. */
const namedHooks = 5

/**
 * Tells which hooks of plugins are under way on this thread, the newest first, in memory that can be read while the
 * thread itself answers nothing.
 */
export function createStageBoard(shared: SharedArrayBuffer): { during: During } {
  const length = new Int32Array(shared, 0, 1)
  const text = new Uint8Array(shared, lengthBytes)
  const encoder = new TextEncoder()
  const underWay: string[] = []

  function write() {
    // Node encodes into plain memory only.
    const bytes = encoder.encode(underWay.slice(-namedHooks).reverse().join(', or ')).subarray(0, text.length)
    text.set(bytes)
    Atomics.store(length, 0, bytes.length)
  }

  return {
    async during(stage, hook) {
      underWay.push(stage)
      write()
      try {
        return await hook()
      } finally {
        underWay.splice(underWay.lastIndexOf(stage), 1)
        write()
      }
    },
  }
}

/** What a thread was doing when it last wrote; empty when no hook was under way. */
export function readStageBoard(shared: SharedArrayBuffer): string {
  const length = Atomics.load(new Int32Array(shared, 0, 1), 0)
  return Buffer.from(new Uint8Array(shared, lengthBytes, length)).toString('utf8')
}
