import { CircleCheck, CircleX } from 'lucide-react'
import type { BulkAction } from '#components/connectors/bulk-bar.tsx'
import { Button } from '#components/ui/button.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { count } from '#components/ui/format.ts'

export interface BulkOutcome {
  name: string
  ok: boolean
  message?: string | undefined
}

/** What was asked of many connectors, and what became of each. */
export interface BulkDone {
  action: BulkAction
  outcomes: readonly BulkOutcome[]
}

const titles: Record<BulkAction, string> = {
  pause: 'Pausing connectors',
  resume: 'Resuming connectors',
  restart: 'Restarting connectors and their tasks',
  stop: 'Stopping connectors',
  delete: 'Deleting connectors',
}

/** One line for each connector, what was refused first: never one green notice for forty different outcomes. */
export function BulkResult({
  done: { action, outcomes },
  busy,
  onRetry,
  onClose,
}: {
  done: BulkDone
  busy: boolean
  onRetry: (action: BulkAction, names: string[]) => void
  onClose: () => void
}) {
  const refused = outcomes.filter(({ ok }) => !ok)
  const accepted = outcomes.filter(({ ok }) => ok)
  const summary = [
    ...(refused.length > 0 ? [`${refused.length} refused`] : []),
    ...(accepted.length > 0 ? [`${accepted.length} accepted`] : []),
  ].join(', ')
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={titles[action]}
      description={`${summary}. The states change as the workers do it.`}
      onCloseAutoFocus={(event) => {
        // The bar that it began from went with what was deleted.
        if (document.querySelector('[data-bulk]')) return
        event.preventDefault()
        document.getElementById('content')?.focus()
      }}
      footer={
        refused.length > 0 && (
          <Button
            busy={busy}
            onClick={() =>
              onRetry(
                action,
                refused.map(({ name }) => name),
              )
            }
          >
            Try {count(refused.length, 'refused one')} again
          </Button>
        )
      }
    >
      <ul className="mt-3 divide-y border-y">
        {[...refused, ...accepted].map((outcome) => (
          <li key={outcome.name} className="flex gap-2 py-1.5">
            {outcome.ok ? (
              <CircleCheck aria-label="accepted" className="mt-0.5 size-4 shrink-0 text-running" />
            ) : (
              <CircleX aria-label="refused" className="mt-0.5 size-4 shrink-0 text-failed" />
            )}
            <span className="min-w-0 break-words">
              <span className="name">{outcome.name}</span>
              {outcome.message && <span className="block text-ink-soft">{outcome.message}</span>}
            </span>
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
