'use client'
import type { LucideIcon } from 'lucide-react'
import { cloneElement, lazy, type ReactElement, Suspense, useState } from 'react'

export type MenuItem =
  | { label: string; icon?: LucideIcon; onSelect: () => void; disabled?: string | undefined; danger?: boolean }
  /** Is chosen or not; choosing leaves the menu open. */
  | { label: string; checked: boolean; onSelect: () => void }
  | 'line'

interface TriggerProps {
  onClick?: () => void
  'aria-haspopup'?: 'menu'
  'aria-expanded'?: boolean
}

export interface MenuProps {
  trigger: ReactElement<TriggerProps>
  items: MenuItem[]
  align?: 'start' | 'end'
}

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
