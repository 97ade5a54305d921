/** The order of a table in a URL: `name` upwards, `-name` downwards. */
export type Sorting = { id: string; desc: boolean }[]

export function parseSorting(text: string | null): Sorting {
  if (!text) return []
  const desc = text.startsWith('-')
  return [{ id: desc ? text.slice(1) : text, desc }]
}

export function printSorting(sorting: Sorting): string | null {
  const first = sorting[0]
  return first ? `${first.desc ? '-' : ''}${first.id}` : null
}
