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
import { ArrowDown, ArrowDownToLine, ArrowUp, ArrowUpFromLine, Ellipsis } from 'lucide-react'
import Link from 'next/link'
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import type { ConnectorRow } from '#components/connectors/connector-row.ts'
import { urgency } from '#components/connectors/health.ts'
import { stateLooks } from '#components/state/state-look.ts'
import { StateWord, TaskBlocks } from '#components/state/state-word.tsx'
import { Button } from '#components/ui/button.tsx'
import { cx } from '#components/ui/cx.ts'
import { Menu, type MenuItem } from '#components/ui/menu.tsx'

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
  helper.accessor((row) => row.workers.join(' '), { id: 'worker', header: 'worker', sortFn: 'text' }),
  helper.accessor('type', { header: 'type', sortFn: 'text' }),
])

/** Which columns give way first when the page is narrow; the name is never cut. */
const shown: Record<string, string> = {
  plugin: 'hidden lg:table-cell',
  worker: 'hidden xl:table-cell',
  type: 'hidden md:table-cell',
  tasks: 'hidden sm:table-cell',
}

export function ConnectorTable({
  rows,
  sorting,
  onSort,
  selected,
  onSelect,
  hrefOf,
  menuOf,
}: {
  rows: ConnectorRow[]
  sorting: SortingState
  onSort: (sorting: SortingState) => void
  selected: ReadonlySet<string>
  onSelect: (names: string[], on: boolean) => void
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
                <Row
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

function Row({
  row,
  index,
  selected,
  onSelect,
  href,
  menu,
}: {
  row: ConnectorRow
  index: number
  selected: boolean
  onSelect: (on: boolean) => void
  href: string
  menu: MenuItem[]
}) {
  const cells: [string, ReactNode][] = [
    ['plugin', row.plugin || '–'],
    ['tasks', <TaskBlocks key="tasks" tasks={row.status?.tasks ?? []} />],
    [
      'worker',
      <span key="worker" className="name text-xs">
        {row.workers.join(', ') || '–'}
      </span>,
    ],
    ['type', <TypeWord key="type" type={row.type} />],
  ]
  return (
    <tr
      aria-rowindex={index + 2}
      data-row={row.name}
      data-state={row.health.state}
      className={cx('h-row border-b hover:bg-hover', selected && 'bg-selected hover:bg-selected')}
    >
      <td>
        <input
          type="checkbox"
          aria-label={`Select ${row.name}`}
          checked={selected}
          onChange={(event) => onSelect(event.target.checked)}
          className="mx-1 size-4 align-middle accent-accent-solid"
        />
      </td>
      <td className="w-px pr-5">
        <Glow of={row.health.state}>
          <StateWord state={row.health.state} />
        </Glow>
      </td>
      <td className="pr-4">
        <Link href={href} className="name break-all font-medium hover:underline">
          {row.name}
        </Link>
        {row.health.sentence && (
          <span className="ml-3 hidden text-ink-soft text-xs sm:inline">{row.health.sentence}</span>
        )}
      </td>
      {cells.map(([id, cell]) => (
        <td key={id} className={cx('whitespace-nowrap pr-4', shown[id])}>
          {cell}
        </td>
      ))}
      <td>
        <Menu
          items={menu}
          trigger={
            <Button tone="ghost" size="icon" aria-label={`Actions for ${row.name}`} className="size-7">
              <Ellipsis aria-hidden="true" />
            </Button>
          }
        />
      </td>
    </tr>
  )
}

export function TypeWord({ type }: { type: ConnectorRow['type'] }) {
  const Icon = type === 'sink' ? ArrowDownToLine : ArrowUpFromLine
  return (
    <span className="inline-flex items-center gap-1.5 text-ink-soft">
      {type !== 'unknown' && <Icon aria-hidden="true" className="size-3.5" />}
      {type}
    </span>
  )
}

/** A row whose state changed glows once; the change is also said once, politely. */
function Glow({ of, children }: { of: ConnectorRow['health']['state']; children: ReactNode }) {
  const [first] = useState(of)
  const changed = useRef(false)
  if (of !== first) changed.current = true
  return (
    <span key={of} className={cx('flex w-fit rounded', changed.current && 'glow')}>
      {children}
      {changed.current && <span className="sr-only" role="status">{`now ${stateLooks[of].word}`}</span>}
    </span>
  )
}

/** j, k and the arrows move between rows, x selects, Enter opens: the link of a row is its handle. */
function moveBetweenRows(event: KeyboardEvent<HTMLElement>): void {
  const target = event.target as HTMLElement
  const row = target.closest<HTMLElement>('tr[data-row]')
  if (!row || event.metaKey || event.ctrlKey || event.altKey) return
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key]
  if (step !== undefined) {
    const next = step > 0 ? row.nextElementSibling : row.previousElementSibling
    const link = next?.querySelector<HTMLElement>('a')
    if (!link) return
    event.preventDefault()
    link.focus()
  } else if (event.key === 'x') {
    event.preventDefault()
    row.querySelector<HTMLInputElement>('input[type="checkbox"]')?.click()
  }
}

/** The row height of the chosen density, in pixels. */
function useRowHeight(): number {
  const [height, setHeight] = useState(36)
  useEffect(() => {
    const read = () => {
      const value = Number.parseInt(getComputedStyle(document.documentElement).getPropertyValue('--row'), 10)
      if (value > 0) setHeight(value)
    }
    read()
    window.addEventListener('sluice:preferences', read)
    return () => window.removeEventListener('sluice:preferences', read)
  }, [])
  return height
}
