'use client'
import { useSyncExternalStore } from 'react'

const never = () => () => {}

/** The name of the key that shortcuts are held with on this machine. */
export function useModifier(): 'Ctrl' | '⌘' {
  return useSyncExternalStore(
    never,
    () => (/Mac|iPhone|iPad/.test(navigator.platform) ? '⌘' : 'Ctrl'),
    () => 'Ctrl',
  )
}
