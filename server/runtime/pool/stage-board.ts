/** Runs a hook while the board names its stage, and `who` as the one whose code it is. */
export type BoardDuring = <Result>(
  stage: string,
  hook: () => PromiseLike<Result> | Result,
  who?: string,
) => Promise<Result>

const textBytes = 1_024
const rows = 512
/** Of the text in bytes, and hooks that were ever begun; then the text, then rows of who began a hook and as which. */
const headWords = 2
const rowWords = 2
/** Bytes that a thread shares with whoever watches it. */
export const stageBoardBytes = headWords * 4 + textBytes + rows * rowWords * 4

const view = (shared: SharedArrayBuffer) => ({
  head: new Int32Array(shared, 0, headWords),
  text: new Uint8Array(shared, headWords * 4, textBytes),
  begun: new Int32Array(shared, headWords * 4 + textBytes, rows * rowWords),
})

/** A thread runs one hook at a time, but any of those that were begun may be the one that goes on. */
const namedHooks = 5
const between = ', or '

/**
 * Tells which hooks of plugins are under way on this thread, the newest first, in memory that can be read while the
 * thread itself answers nothing.
 */
export function createStageBoard(shared: SharedArrayBuffer): { during: BoardDuring } {
  const { head, text, begun } = view(shared)
  const encoder = new TextEncoder()
  const underWay: string[] = []
  const free = Array.from({ length: rows }, (_, row) => rows - 1 - row)

  function write() {
    // Node encodes into plain memory only.
    const bytes = encoder.encode(underWay.slice(-namedHooks).reverse().join(between)).subarray(0, text.length)
    text.set(bytes)
    Atomics.store(head, 0, bytes.length)
  }

  /** A row for the hook, if there is one left: the newest few hundred tell enough. */
  function begin(who: string | undefined): number | undefined {
    const row = free.pop()
    if (row === undefined) return undefined
    begun[row * rowWords + 1] = Atomics.add(head, 1, 1)
    Atomics.store(begun, row * rowWords, who === undefined ? stranger : markOf(who))
    return row
  }

  function end(row: number | undefined) {
    if (row === undefined) return
    Atomics.store(begun, row * rowWords, 0)
    free.push(row)
  }

  return {
    async during(stage, hook, who) {
      underWay.push(stage)
      write()
      const row = begin(who)
      try {
        return await hook()
      } finally {
        end(row)
        underWay.splice(underWay.lastIndexOf(stage), 1)
        write()
      }
    },
  }
}

/** What a thread was doing when it last wrote; empty when no hook was under way. */
export function readStageBoard(shared: SharedArrayBuffer): string {
  const { head, text } = view(shared)
  return Buffer.from(text.subarray(0, Atomics.load(head, 0))).toString('utf8')
}

/** Of the hooks that it was doing, the one that began last. */
export const readNewestStage = (shared: SharedArrayBuffer): string => readStageBoard(shared).split(between)[0] ?? ''

/** Whose hooks were under way when the thread last wrote, the one that began last first; undefined: none of `known`. */
export function readUnderWay(shared: SharedArrayBuffer, known: Iterable<string>): (string | undefined)[] {
  const { head, begun } = view(shared)
  const names = new Map([...known].map((who) => [markOf(who), who]))
  const latest = Atomics.load(head, 1)
  const found: { mark: number; age: number }[] = []
  for (let row = 0; row < rows; row++) {
    const mark = Atomics.load(begun, row * rowWords)
    if (mark !== 0) found.push({ mark, age: (latest - (begun[row * rowWords + 1] ?? 0)) >>> 0 })
  }
  return found.toSorted((a, b) => a.age - b.age).map(({ mark }) => names.get(mark))
}

const stranger = 1

/** FNV-1a, and no mark that means something else. Two names with one mark would only be suspected for each other. */
function markOf(name: string): number {
  let mark = 0x811c9dc5
  for (let at = 0; at < name.length; at++) mark = Math.imul(mark ^ name.charCodeAt(at), 0x01000193)
  return mark === 0 || mark === stranger ? 2 : mark
}

/** Under which name a connector, those who are asked about a class without an instance, or a package are on the board. */
export const asConnector = (name: string): string => `connector ${name}`
export const asClass = (name: string): string => `class ${name}`
export const asPackage = (folder: string): string => `package ${folder}`
