'use client'
import { Undo2, X } from 'lucide-react'
import type { RemovedStep } from '#components/config-form/removed-step.ts'
import { Button } from '#components/ui/button.tsx'
import { count } from '#components/ui/format.ts'

/** Stands in the place of a step that was removed: which keys went with it, and the way back. */
export function RemovedLine({
  step: { alias, keys, askers },
  onUndo,
  onDismiss,
}: {
  step: RemovedStep
  onUndo: () => void
  onDismiss: () => void
}) {
  return (
    <li className="flex items-start gap-2 rounded-md border border-dashed bg-sunken px-3 py-2">
      <div role="status" className="min-w-0 flex-1 py-1">
        <p>
          <span className="name break-all font-medium">{alias}</span> was removed with {count(keys.length, 'key')}
          {askers.length > 0 && (
            <>
              {'; '}
              <span className="name break-words">{askers.join(', ')}</span> still {askers.length === 1 ? 'uses' : 'use'}{' '}
              it
            </>
          )}
          .
        </p>
        <p className="name break-all text-ink-soft text-xs">{keys.join(', ')}</p>
      </div>
      <Button size="sm" data-undo onClick={onUndo}>
        <Undo2 aria-hidden="true" />
        Undo
      </Button>
      <Button tone="ghost" size="icon" className="size-7" aria-label="Dismiss" onClick={onDismiss}>
        <X aria-hidden="true" />
      </Button>
    </li>
  )
}
