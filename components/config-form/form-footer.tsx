'use client'
import { CircleAlert, CircleCheck, LoaderCircle } from 'lucide-react'
import { Button } from '#components/ui/button.tsx'
import { count } from '#components/ui/format.ts'

/** What is missing, and the way on. Pressing it with errors leads to the first of them. */
export function FormFooter({
  errors,
  checking,
  blocked,
  action,
  onAction,
  onCancel,
}: {
  errors: number
  checking: boolean
  /** Why nothing can go on at all. */
  blocked?: string | undefined
  action: string
  onAction: () => void
  onCancel: () => void
}) {
  return (
    <footer className="sticky bottom-14 z-20 -mx-4 mt-4 flex items-center gap-3 border-t bg-canvas px-4 py-3 md:bottom-0 md:-mx-6 md:px-6">
      <p role="status" className="flex min-w-0 flex-1 items-center gap-2 text-ink-soft">
        {checking ? (
          <>
            <LoaderCircle aria-hidden="true" className="size-4 animate-spin" />
            Checking…
          </>
        ) : blocked ? (
          blocked
        ) : errors > 0 ? (
          <>
            <CircleAlert aria-hidden="true" className="size-4 shrink-0 text-failed" />
            {count(errors, 'field')} to fix
          </>
        ) : (
          <>
            <CircleCheck aria-hidden="true" className="size-4 shrink-0 text-running" />
            Everything checked
          </>
        )}
      </p>
      <Button onClick={onCancel}>Cancel</Button>
      <Button tone="primary" disabled={blocked !== undefined} onClick={onAction}>
        {action}
      </Button>
    </footer>
  )
}
