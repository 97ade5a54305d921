'use client'
import {
  createColumnHelper,
  createSortedRowModel,
  functionalUpdate,
  rowSortingFeature,
  type SortingState,
  sortFn_alphanumeric,
  sortFn_basic,
  sortFn_text,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { useEffect, useEffectEvent, useRef } from 'react'
import type { ConnectorRow } from '#components/connectors/connector-row.ts'
import { ConnectorTableRow, shown } from '#components/connectors/connector-table-row.tsx'
import { urgency } from '#components/connectors/health.ts'
import { cx } from '#components/ui/cx.ts'
import type { MenuItem } from '#components/ui/menu-item.ts'
import { moveBetweenRows } from '#components/ui/move-between-rows.ts'
import { useRowHeight } from '#components/ui/use-row-height.ts'

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, basic: sortFn_basic, text: sortFn_text },
})
const helper = createColumnHelper<typeof features, ConnectorRow>()
const columns = helper.columns([
  helper.accessor((row) => urgency[row.health.state], { id: 'state', header: 'state', sortFn: 'basic' }),
  helper.accessor('name', { header: 'name', sortFn: 'alphanumeric' }),
  helper.accessor('plugin', { header: 'plugin', sortFn: 'text' }),
  helper.accessor((row) => row.status?.tasks.length ?? 0, { id: 'tasks', header: 'tasks', sortFn: 'basic' }),
  helper.accessor((row) => row.rate ?? -1, { id: 'rate', header: 'rec/s', sortFn: 'basic', sortDescFirst: true }),
  helper.accessor((row) => row.lag ?? -1, { id: 'lag', header: 'lag', sortFn: 'basic', sortDescFirst: true }),
  helper.accessor((row) => row.workers.join(' '), { id: 'worker', header: 'worker', sortFn: 'text' }),
  helper.accessor('type', { header: 'type', sortFn: 'text' }),
])

/** Tells a list of names that is made anew in every render, but only when it says something new. */
function useWhenChanged(names: string[], tell: (names: string[]) => void) {
  const now = useEffectEvent(() => tell(names))
  // No name holds a line break.
  const text = names.join('\n')
  useEffect(() => {
    if (text !== '') now()
  }, [text])
}

export function ConnectorTable({
  rows,
  sorting,
  onSort,
  selected,
  onSelect,
  onVisible,
  hrefOf,
  menuOf,
}: {
  rows: ConnectorRow[]
  sorting: SortingState
  onSort: (sorting: SortingState) => void
  selected: ReadonlySet<string>
  onSelect: (names: string[], on: boolean) => void
  /** The rows that are drawn, whenever they are others. */
  onVisible: (names: string[]) => void
  hrefOf: (name: string) => string
  menuOf: (row: ConnectorRow) => MenuItem[]
}) {
  const table = useTable({
    features,
    columns,
    data: rows,
    state: { sorting },
    onSortingChange: (updater) => onSort(functionalUpdate(updater, sorting)),
    getRowId: (row) => row.name,
  })
  const scroller = useRef<HTMLDivElement>(null)
  const sorted = table.getRowModel().rows
  const rowHeight = useRowHeight()
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  })
  const items = virtual.getVirtualItems()
  const drawn = items.flatMap(({ index }) => sorted[index]?.original.name ?? [])
  useWhenChanged(drawn, onVisible)
  const before = items[0]?.start ?? 0
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)
  const all = rows.length > 0 && rows.every((row) => selected.has(row.name))
  const allNames = rows.map((row) => row.name)

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys move between the links and boxes of the rows
    <div ref={scroller} onKeyDown={moveBetweenRows} className="max-h-[calc(100vh-176px)] overflow-auto">
      <table className="w-full border-collapse text-left" aria-label="Connectors" aria-rowcount={rows.length + 1}>
        <thead className="sticky top-0 z-10 bg-canvas">
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              <th scope="col" className="h-8 w-8 border-b">
                <input
                  type="checkbox"
                  aria-label="Select all shown connectors"
                  checked={all}
                  onChange={() => onSelect(allNames, !all)}
                  className="mx-1 size-4 align-middle accent-accent-solid"
                />
              </th>
              {group.headers.map((header) => {
                const direction = header.column.getIsSorted()
                return (
                  <th
                    key={header.id}
                    scope="col"
                    aria-sort={direction === 'asc' ? 'ascending' : direction === 'desc' ? 'descending' : 'none'}
                    className={cx('border-b pr-4 font-normal text-ink-soft text-xs', shown[header.id])}
                  >
                    <button
                      type="button"
                      onClick={header.column.getToggleSortingHandler()}
                      className="-mx-1 inline-flex h-7 items-center gap-1 rounded px-1 hover:text-ink"
                    >
                      <table.FlexRender header={header} />
                      {direction === 'asc' && <ArrowUp aria-hidden="true" className="size-3" />}
                      {direction === 'desc' && <ArrowDown aria-hidden="true" className="size-3" />}
                    </button>
                  </th>
                )
              })}
              <th scope="col" className="w-10 border-b">
                <span className="sr-only">actions</span>
              </th>
            </tr>
          ))}
        </thead>
        <tbody>
          {before > 0 && <tr style={{ height: before }} />}
          {items.map((item) => {
            const row = sorted[item.index]?.original
            return (
              row && (
                <ConnectorTableRow
                  key={row.name}
                  row={row}
                  index={item.index}
                  selected={selected.has(row.name)}
                  onSelect={(on) => onSelect([row.name], on)}
                  href={hrefOf(row.name)}
                  menu={menuOf(row)}
                />
              )
            )
          })}
          {after > 0 && <tr style={{ height: after }} />}
        </tbody>
      </table>
    </div>
  )
}
