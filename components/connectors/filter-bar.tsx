'use client'
import type { ConnectorFilter, ConnectorRow } from '#components/connectors/connector-row.ts'
import { type ShownState, stateLooks } from '#components/state/state-look.ts'
import { compactNumber } from '#components/ui/format.ts'
import { Select } from '#components/ui/input.tsx'
import { SearchInput } from '#components/ui/search-input.tsx'

/** Search and filters; each choice says how many connectors it has, and only choices that exist are offered. */
export function FilterBar({
  rows,
  shown,
  filter,
  onChange,
}: {
  rows: readonly ConnectorRow[]
  shown: number
  filter: ConnectorFilter
  onChange: (change: Partial<ConnectorFilter>) => void
}) {
  const facets = [
    { key: 'state', label: 'State', values: tally(rows, (row) => [row.health.state]), word: stateWord },
    { key: 'type', label: 'Type', values: tally(rows, (row) => [row.type]), word: String },
    { key: 'plugin', label: 'Plugin', values: tally(rows, (row) => [row.plugin]), word: String },
    { key: 'worker', label: 'Worker', values: tally(rows, (row) => row.workers), word: String },
  ] as const
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <SearchInput
        label="Search connectors"
        className="w-full sm:w-64"
        value={filter.text}
        onText={(text) => onChange({ text })}
      />
      {facets.map((facet) => (
        <Select
          key={facet.key}
          aria-label={facet.label}
          className="basis-[calc(50%-4px)] sm:max-w-44 sm:basis-auto"
          value={filter[facet.key]}
          onChange={(event) => onChange({ [facet.key]: event.target.value })}
        >
          <option value="">{facet.label}: any</option>
          {facet.values.map(([value, n]) => (
            <option key={value} value={value}>
              {facet.word(value)} ({n})
            </option>
          ))}
          {filter[facet.key] !== '' && !facet.values.some(([value]) => value === filter[facet.key]) && (
            <option value={filter[facet.key]}>{filter[facet.key]} (0)</option>
          )}
        </Select>
      ))}
      <span role="status" className="num ml-auto text-ink-soft max-sm:w-full">
        {compactNumber(shown)} shown
      </span>
    </div>
  )
}

const stateWord = (state: string) => stateLooks[state as ShownState]?.word ?? state

function tally(rows: readonly ConnectorRow[], valuesOf: (row: ConnectorRow) => readonly string[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const row of rows) for (const value of valuesOf(row)) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort(([a], [b]) => a.localeCompare(b))
}
