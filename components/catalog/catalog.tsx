'use client'
import { SearchX } from 'lucide-react'
import { PluginCard } from '#components/catalog/plugin-card.tsx'
import { Button } from '#components/ui/button.tsx'
import { cx } from '#components/ui/cx.ts'
import { Empty } from '#components/ui/empty.tsx'
import { SearchInput } from '#components/ui/search-input.tsx'
import type { CatalogEntry } from '#server/contract/herder.ts'

const types = [
  { id: '', label: 'All' },
  { id: 'source', label: 'Sources' },
  { id: 'sink', label: 'Sinks' },
]

/** Every connector plugin as a card. */
export function Catalog({
  entries,
  text,
  type,
  onText,
  onType,
  hrefOf,
}: {
  entries: readonly CatalogEntry[]
  text: string
  type: string
  onText: (text: string) => void
  onType: (type: string) => void
  hrefOf: (entry: CatalogEntry) => string
}) {
  const wanted = text.trim().toLowerCase()
  const found = entries.filter(
    (entry) =>
      (type === '' || entry.type === type) &&
      (wanted === '' ||
        [entry.title, entry.summary, entry.class, entry.system].some((each) => each.toLowerCase().includes(wanted))),
  )
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <SearchInput label="Search plugins" className="w-full max-w-sm" value={text} onText={onText} />
        <fieldset className="inline-flex rounded-md border border-control-line bg-surface">
          <legend className="sr-only">Type</legend>
          {types.map((each) => (
            <button
              key={each.id}
              type="button"
              aria-pressed={type === each.id}
              onClick={() => onType(each.id)}
              className={cx(
                'h-8 rounded-md px-3 text-ink-soft hover:text-ink',
                type === each.id && 'bg-hover font-medium text-ink',
              )}
            >
              {each.label}
            </button>
          ))}
        </fieldset>
      </div>
      {found.length === 0 ? (
        <Empty
          icon={SearchX}
          title="No plugin is called that"
          action={<Button onClick={() => onText('')}>Show all</Button>}
        />
      ) : (
        <ul className="grid gap-3 [grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr))]">
          {found.map((entry) => (
            <li key={entry.class}>
              <PluginCard entry={entry} href={hrefOf(entry)} />
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
