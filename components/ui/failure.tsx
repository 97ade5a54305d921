import { CircleAlert } from 'lucide-react'
import { Button } from '#components/ui/button.tsx'

/** What went wrong, in three parts: the message, its stable code, and what to do next. */
export interface Trouble {
  message: string
  code?: string
  hint?: string
}

export function Failure({ trouble, retry, busy }: { trouble: Trouble; retry?: () => void; busy?: boolean }) {
  return (
    <div role="alert" className="flex gap-3 rounded-md border border-failed-line bg-failed-soft p-4">
      <CircleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-failed" />
      <div className="min-w-0 flex-1">
        <p className="break-words font-medium">{trouble.message}</p>
        {trouble.hint && <p className="mt-1">{trouble.hint}</p>}
        {trouble.code && <p className="name mt-1 text-xs">{trouble.code}</p>}
        {retry && (
          <Button size="sm" className="mt-3" onClick={retry} busy={busy ?? false}>
            Try again
          </Button>
        )}
      </div>
    </div>
  )
}
