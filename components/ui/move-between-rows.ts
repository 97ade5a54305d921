import type { KeyboardEvent } from 'react'

/** j, k and the arrows move between rows, x selects, Enter opens: the link of a row is its handle. */
export function moveBetweenRows(event: KeyboardEvent<HTMLElement>): void {
  const target = event.target as HTMLElement
  const row = target.closest<HTMLElement>('tr[data-row]')
  if (!row || event.metaKey || event.ctrlKey || event.altKey) return
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key]
  if (step !== undefined) {
    const next = step > 0 ? row.nextElementSibling : row.previousElementSibling
    const link = next?.querySelector<HTMLElement>('a')
    if (!link) return
    event.preventDefault()
    link.focus()
  } else if (event.key === 'x') {
    event.preventDefault()
    row.querySelector<HTMLInputElement>('input[type="checkbox"]')?.click()
  }
}
