'use client'
import { cloneElement, lazy, Suspense, useState } from 'react'
import type { MenuProps } from '#components/ui/menu-item.ts'

const OpenMenu = lazy(() => import('#components/ui/open-menu.tsx'))

/** A menu behind a button. What draws it is loaded when the first one is opened; until then it is a plain button. */
export function Menu(props: MenuProps) {
  const [wanted, setWanted] = useState(false)
  const plain = cloneElement(props.trigger, {
    onClick: () => setWanted(true),
    'aria-haspopup': 'menu',
    'aria-expanded': false,
  })
  if (!wanted) return plain
  return (
    <Suspense fallback={plain}>
      <OpenMenu {...props} />
    </Suspense>
  )
}
