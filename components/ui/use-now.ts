'use client'
import { useSyncExternalStore } from 'react'

const listeners = new Set<() => void>()
let now = 0
let timer: ReturnType<typeof setInterval> | undefined

function subscribe(listener: () => void) {
  listeners.add(listener)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const each of listeners) each()
  }, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
    now = 0
  }
}

/** The time of day, once a second, from one timer for the whole page; undefined while the server renders. */
export function useNow(): number | undefined {
  return useSyncExternalStore(
    subscribe,
    () => {
      now ||= Date.now()
      return now
    },
    () => undefined,
  )
}
