import type { ConfigChange } from '#components/config/config-diff.ts'

const marks = { added: '+', removed: '−', changed: '~' }

/** What a change will do to a config, key by key. Removed and added are told by sign and word, not by colour alone. */
export function DiffView({
  changes,
  show = (value) => value ?? 'null',
}: {
  changes: ConfigChange[]
  show?: (value: string | null) => string
}) {
  if (changes.length === 0) return <p className="text-ink-soft">Nothing differs.</p>
  return (
    <ul aria-label="Differences" className="name divide-y rounded-md border text-xs">
      {changes.map((change) => (
        <li key={change.key} data-change={change.kind} className="grid grid-cols-[20px_1fr] gap-x-2 px-3 py-2">
          <span aria-hidden="true">{marks[change.kind]}</span>
          <div className="min-w-0">
            <p className="break-all font-medium">
              {change.key} <span className="font-sans text-ink-soft">{change.kind}</span>
            </p>
            {'before' in change && (
              <p className="break-all rounded-sm bg-failed-soft px-1 text-failed">
                <span aria-hidden="true">− </span>
                <span className="sr-only">before: </span>
                {show(change.before)}
              </p>
            )}
            {'after' in change && (
              <p className="break-all rounded-sm bg-running-soft px-1 text-running">
                <span aria-hidden="true">+ </span>
                <span className="sr-only">after: </span>
                {show(change.after)}
              </p>
            )}
          </div>
        </li>
      ))}
    </ul>
  )
}
