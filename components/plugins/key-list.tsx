import type { ConfigKeyInfo } from '#server/contract/config-field.ts'

const importance = { HIGH: 0, MEDIUM: 1, LOW: 2 }

/** The documentation of a plugin's keys, what has to be set first. */
export function KeyList({ definitions }: { definitions: readonly ConfigKeyInfo[] }) {
  if (definitions.length === 0) return <p className="text-ink-soft">It has no settings.</p>
  const sorted = definitions.toSorted(
    (a, b) =>
      Number(b.required) - Number(a.required) ||
      importance[a.importance] - importance[b.importance] ||
      a.name.localeCompare(b.name),
  )
  return (
    <dl className="divide-y">
      {sorted.map((definition) => (
        <div key={definition.name} className="grid gap-x-6 gap-y-1 py-2 md:grid-cols-[minmax(200px,1fr)_3fr]">
          <dt className="min-w-0">
            <span className="name break-all text-xs">{definition.name}</span>
            <span className="block text-ink-soft text-xs">
              {definition.type.toLowerCase()} ·{' '}
              {definition.required ? 'required' : `default ${shown(definition.defaultValue)}`}
            </span>
          </dt>
          <dd className="max-w-prose break-words">{definition.documentation}</dd>
        </div>
      ))}
    </dl>
  )
}

const shown = (value: string | null) => (value === null ? 'none' : value === '' ? '""' : value)
