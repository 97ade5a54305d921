'use client'
import { type LucideIcon, Pause, Play, RotateCw, Square, Trash2, X } from 'lucide-react'
import { Button } from '#components/ui/button.tsx'
import { count } from '#components/ui/format.ts'

export type BulkAction = 'pause' | 'resume' | 'restart' | 'stop' | 'delete'

const actions: { action: BulkAction; icon: LucideIcon; verb: string; rest: string }[] = [
  { action: 'pause', icon: Pause, verb: 'Pause', rest: '' },
  { action: 'resume', icon: Play, verb: 'Resume', rest: '' },
  { action: 'restart', icon: RotateCw, verb: 'Restart', rest: ' and their tasks' },
  { action: 'stop', icon: Square, verb: 'Stop', rest: '' },
  { action: 'delete', icon: Trash2, verb: 'Delete', rest: '…' },
]

/** The bar of a selection: each button says what it does to how many; on a narrow page the bar says how many, and a screen reader all of it. */
export function BulkBar({
  selected,
  busy,
  onAction,
  onClear,
}: {
  selected: number
  /** What is being done; nothing else can be begun meanwhile. */
  busy: BulkAction | null
  onAction: (action: BulkAction) => void
  onClear: () => void
}) {
  if (selected === 0) return null
  const these = count(selected, 'connector')
  return (
    <section
      aria-label="Selection"
      data-bulk
      className="rise sticky bottom-16 z-20 mx-auto mt-3 flex w-fit flex-wrap items-center gap-2 rounded-lg bg-surface p-2 shadow-float md:bottom-4"
    >
      <span role="status" className="num px-2 font-medium">
        {selected} selected
      </span>
      {actions.map(({ action, icon: Icon, verb, rest }) => (
        <Button
          key={action}
          size="sm"
          busy={busy === action}
          disabled={busy !== null}
          className={action === 'delete' ? 'text-failed' : ''}
          onClick={() => onAction(action)}
        >
          {busy !== action && <Icon aria-hidden="true" />}
          <span>
            {verb}
            <span className="max-lg:sr-only">
              {' '}
              {these}
              {rest}
            </span>
          </span>
        </Button>
      ))}
      <Button tone="ghost" size="icon" aria-label="Clear the selection" onClick={onClear} className="size-7">
        <X aria-hidden="true" />
      </Button>
    </section>
  )
}
