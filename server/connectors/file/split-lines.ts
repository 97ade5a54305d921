const lineFeed = 10
const carriageReturn = 13

/** Where lines lie, as columns that are filled again and again. `nexts[i]` is where the line after line `i` begins. */
export interface LineColumns {
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly nexts: Int32Array
}

export const lineColumns = (size: number): LineColumns => ({
  starts: new Int32Array(size),
  ends: new Int32Array(size),
  nexts: new Int32Array(size),
})

/**
 * Finds complete lines in `bytes` from `at` on and answers how many. A line ends with LF, CRLF or a lone CR, as Kafka's file
 * source reads it; a CR at the very end waits, because an LF may follow. Up to `searched` there is known to be no end.
 */
export function splitLines(bytes: Buffer, at: number, searched: number, lines: LineColumns, most: number): number {
  const { starts, ends, nexts } = lines
  let start = at
  let search = searched
  let count = 0
  // Most files have no CR at all: the search for it runs once, not once a line.
  let cr = bytes.indexOf(carriageReturn, search)
  while (count < most) {
    const lf = bytes.indexOf(lineFeed, search)
    if (cr !== -1 && cr < search) cr = bytes.indexOf(carriageReturn, search)
    const endsWithCr = cr !== -1 && (lf === -1 || cr < lf)
    const end = endsWithCr ? cr : lf
    if (end === -1 || (endsWithCr && cr + 1 === bytes.length)) break
    const next = endsWithCr && lf === cr + 1 ? cr + 2 : end + 1
    starts[count] = start
    ends[count] = end
    nexts[count] = next
    count++
    start = next
    search = next
  }
  return count
}
