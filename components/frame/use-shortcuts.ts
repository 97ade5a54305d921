'use client'
import { useEffect, useRef } from 'react'

export interface Shortcuts {
  palette(): void
  help(): void
  /** `g` and then a letter. */
  go(key: string): void
}

/** The keys of the whole console. They are off while somebody types or a dialog is open. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts)
  latest.current = shortcuts
  useEffect(() => {
    let after = 0
    const onKey = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        latest.current.palette()
        return
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return
      if (document.querySelector('[role="dialog"], dialog[open]')) return
      if (event.key === '/') {
        const search = document.querySelector<HTMLInputElement>('[data-page-search]')
        if (!search) return
        event.preventDefault()
        search.focus()
        search.select()
      } else if (event.key === '?') {
        event.preventDefault()
        latest.current.help()
      } else if (event.key === 'g') {
        after = event.timeStamp
      } else if (after > 0 && event.timeStamp - after < 1500) {
        after = 0
        latest.current.go(event.key)
      }
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}

/** Is the person writing something, so that a letter is a letter? */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable="true"]') !== null
}
