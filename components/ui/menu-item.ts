import type { LucideIcon } from 'lucide-react'
import type { ReactElement } from 'react'

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
