/** Heights of what lies over the form at its top and bottom, on any width. */
const covered = { top: 64, bottom: 128 }

/** Puts the cursor on the first that is there, once what was changed is drawn, and brings it into sight. */
export function focusSoon(...selectors: string[]): void {
  requestAnimationFrame(() => {
    const found = selectors.map((selector) => document.querySelector<HTMLElement>(selector)).find(Boolean)
    if (!found) return
    const { top, bottom } = found.getBoundingClientRect()
    if (top < covered.top || bottom > innerHeight - covered.bottom) found.scrollIntoView({ block: 'center' })
    found.focus({ preventScroll: true })
  })
}
