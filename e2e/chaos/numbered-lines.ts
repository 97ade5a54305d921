const linePattern = /^line (\d+) ä$/

/** The line with this number; not ASCII, so that bytes and characters differ. */
export const lineOf = (n: number): string => `line ${n} ä`

/** The number of a line; undefined of one that nobody writes. */
export function numberOf(line: string): number | undefined {
  const digits = linePattern.exec(line)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

const bytesWithout = Buffer.byteLength(`${lineOf(0)}\n`) - 1

/** The number of the last whole line before a position in bytes; -1 when there is none. */
export function lineBefore(position: number): number {
  let [n, left] = [0, position]
  for (let digits = 1; ; digits++) {
    const ofThisLength = digits === 1 ? 10 : 9 * 10 ** (digits - 1)
    const each = bytesWithout + digits
    if (left < ofThisLength * each) return n + Math.floor(left / each) - 1
    left -= ofThisLength * each
    n += ofThisLength
  }
}
