'use client'
import { type RefObject, useLayoutEffect, useRef } from 'react'

/**
 * Shows where something went: an element with `data-flip` that stands elsewhere after a render travels there from its
 * former place. Elements are recognised by that attribute, so one may even change its parent. None with reduced motion.
 */
export function useFlip(container: RefObject<HTMLElement | null>): void {
  const places = useRef(new Map<string, DOMRect>())
  useLayoutEffect(() => {
    const before = places.current
    const after = new Map<string, DOMRect>()
    const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches
    const origin = container.current?.getBoundingClientRect()
    if (!origin) return
    for (const element of container.current?.querySelectorAll<HTMLElement>('[data-flip]') ?? []) {
      const id = element.dataset.flip ?? ''
      const at = element.getBoundingClientRect()
      const place = new DOMRect(at.x - origin.x, at.y - origin.y, at.width, at.height)
      after.set(id, place)
      const was = before.get(id)
      if (!was || still || (was.x === place.x && was.y === place.y)) continue
      element.animate([{ transform: `translate(${was.x - place.x}px, ${was.y - place.y}px)` }, { transform: 'none' }], {
        duration: 200,
        easing: 'ease-out',
      })
    }
    places.current = after
  })
}
