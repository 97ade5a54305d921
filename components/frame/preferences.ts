'use client'
import { useSyncExternalStore } from 'react'

/** What a person chose for this browser; `public/theme.js` applies it before the first paint. */
export const preferences = {
  theme: { key: 'sluice.theme', values: ['system', 'light', 'dark'] },
  density: { key: 'sluice.density', values: ['comfortable', 'dense'] },
  rail: { key: 'sluice.rail', values: ['wide', 'narrow'] },
} as const

export type Preference = keyof typeof preferences
type Value<P extends Preference> = (typeof preferences)[P]['values'][number]

const changed = 'sluice:preferences'

function subscribe(listener: () => void) {
  window.addEventListener(changed, listener)
  window.addEventListener('storage', listener)
  return () => {
    window.removeEventListener(changed, listener)
    window.removeEventListener('storage', listener)
  }
}

export function setPreference<P extends Preference>(preference: P, value: Value<P>): void {
  try {
    localStorage.setItem(preferences[preference].key, value)
  } catch {
    // Private windows may refuse storage: the choice then lasts for nothing, and the page still works.
  }
  window.dispatchEvent(new Event(changed))
}

export function usePreference<P extends Preference>(preference: P): Value<P> {
  const { key, values } = preferences[preference]
  const stored = useSyncExternalStore(
    subscribe,
    () => {
      try {
        return localStorage.getItem(key)
      } catch {
        return null
      }
    },
    () => null,
  )
  const found = values.find((value) => value === stored)
  return (found ?? values[0]) as Value<P>
}
