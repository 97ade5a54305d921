'use client'
import { Pause, Play, RotateCw, X } from 'lucide-react'
import { Button } from '#components/ui/button.tsx'
import { count } from '#components/ui/format.ts'

export type BulkAction = 'pause' | 'resume' | 'restart'

/** The bar of a selection: each button says what it does to how many. */
export function BulkBar({
  selected,
  busy,
  onAction,
  onClear,
}: {
  selected: number
  busy: boolean
  onAction: (action: BulkAction) => void
  onClear: () => void
}) {
  if (selected === 0) return null
  const these = count(selected, 'connector')
  return (
    <section
      aria-label="Selection"
      className="rise sticky bottom-16 z-20 mx-auto mt-3 flex w-fit flex-wrap items-center gap-2 rounded-lg bg-surface p-2 shadow-float md:bottom-4"
    >
      <span role="status" className="num px-2 font-medium">
        {selected} selected
      </span>
      <Button size="sm" busy={busy} onClick={() => onAction('pause')}>
        <Pause aria-hidden="true" />
        Pause {these}
      </Button>
      <Button size="sm" busy={busy} onClick={() => onAction('resume')}>
        <Play aria-hidden="true" />
        Resume {these}
      </Button>
      <Button size="sm" busy={busy} onClick={() => onAction('restart')}>
        <RotateCw aria-hidden="true" />
        Restart {these} and their tasks
      </Button>
      <Button tone="ghost" size="icon" aria-label="Clear the selection" onClick={onClear} className="size-7">
        <X aria-hidden="true" />
      </Button>
    </section>
  )
}
