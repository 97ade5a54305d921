import { type LineColumns, lineColumns, splitLines } from '#server/connectors/file/split-lines.ts'
import { DataError } from '#server/sdk/data-error.ts'

/** Complete lines in a buffer that the next read uses again. */
export interface Lines extends LineColumns {
  readonly bytes: Buffer
  readonly count: number
  /** The position in the file where `bytes` begins. */
  readonly base: number
}

/** Fills `target` with what follows `position` and answers how many bytes; 0 when there is nothing, for now. */
export type ReadMore = (target: Buffer, position: number) => Promise<number>

/** Cuts a stream of bytes into lines and keeps what is not a whole line yet. */
export interface LineReader {
  /** The next lines; `count` is 0 when there is no complete one. */
  next(read: ReadMore): Promise<Lines>
  /** Forgets what is held and goes on at `position`. */
  restart(position: number): void
}

const quietBytes = 64 * 1024
const busyBytes = 512 * 1024
/** I12: memory for one line; Kafka takes no record near this size. */
const mostBytes = 256 * 1024 * 1024
const mostLines = 65_536

/** `batchSize` is the most lines that `next` answers at once, at least one. */
export function createLineReader(position: number, batchSize: number, longestLine = mostBytes): LineReader {
  const most = Math.max(1, Math.min(batchSize, mostLines))
  const columns = lineColumns(most)
  // What a poll takes little of is not searched far ahead again and again.
  const fullBytes = Math.max(quietBytes, Math.min(busyBytes, most * 256))
  let buffer = Buffer.alloc(0)
  let base = position
  /** In the buffer, lines up to `from` were handed out, no line ends before `searched`, and bytes up to `to` are read. */
  let from = 0
  let searched = 0
  let to = 0
  let lastReadFilled = false

  const lines = (count: number): Lines => ({ ...columns, bytes: buffer, count, base })

  function makeRoom() {
    if (from > 0) buffer.copyWithin(0, from, to)
    base += from
    to -= from
    searched -= from
    from = 0
    if (to === buffer.length) resize(Math.max(quietBytes, buffer.length * 2))
    else if (lastReadFilled && buffer.length < fullBytes) resize(fullBytes)
    else if (buffer.length > fullBytes && to <= fullBytes / 2) resize(fullBytes)
  }

  function resize(size: number) {
    if (size > longestLine) {
      throw new DataError(`The line at position ${base} is longer than ${Math.floor(longestLine / 2)} bytes`)
    }
    const next = Buffer.allocUnsafeSlow(size)
    buffer.copy(next, 0, 0, to)
    buffer = next
  }

  /** A quiet file costs no more memory than what waits for its line's end. */
  function shrink() {
    if (to === 0) buffer = Buffer.alloc(0)
    else if (to < quietBytes && buffer.length > quietBytes) resize(quietBytes)
  }

  function split(): number {
    const count = splitLines(buffer.subarray(0, to), from, searched, columns, most)
    from = columns.nexts[count - 1] ?? from
    // A CR at the very end is looked at again, together with what follows it.
    if (count < most) searched = Math.max(from, to - 1)
    else searched = from
    return count
  }

  return {
    async next(read) {
      for (;;) {
        const count = searched < to ? split() : 0
        if (count > 0) return lines(count)
        makeRoom()
        const added = await read(buffer.subarray(to), base + to)
        lastReadFilled = added > 0 && added === buffer.length - to
        to += added
        if (added > 0) continue
        shrink()
        return lines(0)
      }
    },
    restart(at) {
      base = at
      from = 0
      searched = 0
      to = 0
    },
  }
}
