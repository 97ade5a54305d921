/** Rows as aligned columns, two blanks apart; cells that are numbers in every row stand to the right. */
export function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map(String))
  const widths = heads.map((head, column) => Math.max(width(head), ...cells.map((row) => width(row[column] ?? ''))))
  const toTheRight = heads.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'))
  const line = (row: readonly string[]) =>
    heads
      .map((_, column) => {
        const cell = row[column] ?? ''
        const fill = ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell)))
        return toTheRight[column] ? fill + cell : cell + fill
      })
      .join('  ')
      .trimEnd()
  return [line(heads.map((head) => head.toUpperCase())), ...cells.map(line)].join('\n')
}

/** Characters that take a place of their own on a terminal, two for wide ones. */
function width(text: string): number {
  let columns = 0
  for (const { segment } of graphemes.segment(text)) columns += wide.test(segment) ? 2 : 1
  return columns
}

const graphemes = new Intl.Segmenter()
const wide = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}/u
