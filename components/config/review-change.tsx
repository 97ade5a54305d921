import type { ConfigChange } from '#components/config/config-diff.ts'
import { DiffView } from '#components/config/diff-view.tsx'
import { Button } from '#components/ui/button.tsx'
import { Failure, type Trouble } from '#components/ui/failure.tsx'
import { count } from '#components/ui/format.ts'
import { isKeptSecret } from '#server/contract/kept-secret.ts'

/** What will change, before it does; and a word when somebody else changed it meanwhile. */
export function ReviewChange({
  changes,
  elsewhere,
  busy,
  trouble,
  onBack,
  onApply,
}: {
  changes: ConfigChange[]
  elsewhere: ConfigChange[]
  busy: boolean
  trouble: Trouble | null
  onBack: () => void
  onApply: () => void
}) {
  return (
    <div className="max-w-3xl space-y-4">
      <section aria-labelledby="differences">
        <h2 id="differences" className="mb-2 font-semibold text-base">
          {count(changes.length, 'difference')}
        </h2>
        <DiffView changes={changes} show={(value) => (isKeptSecret(value) ? 'secret, not shown' : (value ?? 'null'))} />
      </section>
      {elsewhere.length > 0 && (
        <section role="alert" className="rounded-md border bg-restarting-soft p-3">
          <p className="mb-2 font-medium">
            The config was changed elsewhere while you were editing. Applying yours would undo this:
          </p>
          <DiffView changes={elsewhere} />
        </section>
      )}
      <p className="text-ink-soft">
        Applying restarts the connector and its tasks with the new config. Records since the last commit may be sent
        again.
      </p>
      {trouble && <Failure trouble={trouble} />}
      <div className="flex gap-2">
        <Button onClick={onBack} disabled={busy}>
          Back to the form
        </Button>
        <Button tone="primary" busy={busy} disabled={changes.length === 0} onClick={onApply}>
          Apply {count(changes.length, 'change')}
        </Button>
      </div>
    </div>
  )
}
