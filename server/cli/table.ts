import { stripVTControlCharacters } from 'node:util'

type Row = readonly (string | number)[]

/** Rows as aligned columns under their heads; cells that are numbers in every row stand to the right. */
export function table(heads: readonly string[], rows: readonly Row[]): string {
  const toTheRight = heads.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'))
  return columns([heads.map((head) => head.toUpperCase()), ...rows], toTheRight)
}

/** Rows as aligned columns, two blanks apart. Colours in a cell take no place. */
export function columns(rows: readonly Row[], toTheRight: readonly boolean[] = []): string {
  const cells = rows.map((row) => row.map(String))
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => width(row[column] ?? ''))))
  const line = (row: readonly string[]) =>
    widths
      .map((most, column) => {
        const cell = row[column] ?? ''
        const fill = ' '.repeat(Math.max(0, most - width(cell)))
        return toTheRight[column] ? fill + cell : cell + fill
      })
      .join('  ')
      .trimEnd()
  return cells.map(line).join('\n')
}

/** Characters that take a place of their own on a terminal, two for wide ones. */
function width(text: string): number {
  let places = 0
  for (const { segment } of graphemes.segment(stripVTControlCharacters(text))) places += wide.test(segment) ? 2 : 1
  return places
}

const graphemes = new Intl.Segmenter()
const wide = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}/u
