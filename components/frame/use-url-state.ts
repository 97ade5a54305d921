'use client'
import { useSearchParams } from 'next/navigation'
import { useCallback } from 'react'

export interface UrlState {
  get(key: string): string | null
  /** An empty value or null removes the key. `push` leaves a step for the back button; typing replaces. */
  set(changes: Record<string, string | null>, how?: 'push' | 'replace'): void
}

/** What stands after the `?`: the place of everything that a link to this page should carry. */
export function useUrlState(): UrlState {
  const params = useSearchParams()
  const set = useCallback((changes: Record<string, string | null>, how: 'push' | 'replace' = 'replace') => {
    const next = new URLSearchParams(window.location.search)
    for (const [key, value] of Object.entries(changes)) {
      if (value === null || value === '') next.delete(key)
      else next.set(key, value)
    }
    const query = next.toString()
    const url = query === '' ? window.location.pathname : `?${query}`
    if (how === 'push') window.history.pushState(null, '', url)
    else window.history.replaceState(null, '', url)
  }, [])
  return { get: (key) => params.get(key), set }
}
