import { CircleCheck, CircleX } from 'lucide-react'
import { Dialog } from '#components/ui/dialog.tsx'

export interface BulkOutcome {
  name: string
  ok: boolean
  message?: string | undefined
}

/** One line for each connector of a bulk action: never one green notice for forty different outcomes. */
export function BulkResult({
  title,
  outcomes,
  onClose,
}: {
  title: string
  outcomes: BulkOutcome[]
  onClose: () => void
}) {
  return (
    <Dialog open onOpenChange={onClose} title={title} description="The states change as the workers do it.">
      <ul className="mt-3 divide-y border-y">
        {outcomes.map((outcome) => (
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
