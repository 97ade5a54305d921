'use client'
import { useEffect, useState } from 'react'

/** The row height of the chosen density, in pixels. */
export function useRowHeight(): number {
  const [height, setHeight] = useState(36)
  useEffect(() => {
    const read = () => {
      const value = Number.parseInt(getComputedStyle(document.documentElement).getPropertyValue('--row'), 10)
      if (value > 0) setHeight(value)
    }
    read()
    window.addEventListener('sluice:preferences', read)
    return () => window.removeEventListener('sluice:preferences', read)
  }, [])
  return height
}
