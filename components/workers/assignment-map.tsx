'use client'
import { ArrowDownToLine, ArrowUpFromLine } from 'lucide-react'
import Link from 'next/link'
import { type ReactNode, useRef, useState } from 'react'
import { stateLooks } from '#components/state/state-look.ts'
import { cx } from '#components/ui/cx.ts'
import { count } from '#components/ui/format.ts'
import type { Chip, MapColumn, MapRow } from '#components/workers/assignment.ts'
import { useFlip } from '#components/workers/use-flip.ts'

/** Workers as columns, connectors and tasks as chips. Resting on a connector lights its chips everywhere. */
export function AssignmentMap({
  columns,
  hrefOf,
  headOf,
}: {
  columns: MapColumn[]
  hrefOf: (connector: string) => string
  /** What stands in the head of a worker's column beside its name: what it is up to, and what can be done with it. */
  headOf: (worker: string) => ReactNode
}) {
  const [lit, setLit] = useState<string | null>(null)
  const container = useRef<HTMLDivElement>(null)
  useFlip(container)
  return (
    <div
      ref={container}
      className="grid gap-x-6 gap-y-4 [grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr))]"
    >
      {columns.map((column) => (
        <section key={column.worker} aria-label={`Worker ${column.worker}`} className="min-w-0">
          <div className="flex min-h-9 flex-wrap items-center gap-2 border-b py-1">
            <h2 className="name min-w-0 break-all font-medium">{column.worker}</h2>
            {column.leader && <span className="rounded bg-hover px-1.5 text-xs">leader</span>}
            <span className="num ml-auto whitespace-nowrap text-ink-soft text-xs">{load(column)}</span>
            {headOf(column.worker)}
          </div>
          {column.rows.length === 0 && <p className="py-3 text-ink-soft">Nothing assigned.</p>}
          <ul>
            {column.rows.map((row) => (
              <li
                key={row.connector}
                data-flip={`${column.worker} ${row.connector}@row`}
                onMouseEnter={() => setLit(row.connector)}
                onMouseLeave={() => setLit(null)}
                onFocus={() => setLit(row.connector)}
                onBlur={() => setLit(null)}
                className={cx(
                  'flex min-h-row flex-wrap items-center gap-x-3 gap-y-1 border-b px-1 py-1 transition-colors duration-150',
                  lit === row.connector && 'bg-selected',
                )}
              >
                <ConnectorName row={row} href={hrefOf(row.connector)} />
                <span className="flex flex-wrap gap-1">
                  {row.chips.map((chip) => (
                    <TaskChip key={chip.id} chip={chip} type={row.type} faded={lit !== null && lit !== row.connector} />
                  ))}
                </span>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  )
}

function load({ rows }: MapColumn): string {
  const chips = rows.flatMap((row) => row.chips)
  const tasks = chips.filter((chip) => chip.task !== undefined).length
  return `${count(chips.length - tasks, 'connector')} · ${count(tasks, 'task')}`
}

function ConnectorName({ row, href }: { row: MapRow; href: string }) {
  const Icon = row.type === 'sink' ? ArrowDownToLine : ArrowUpFromLine
  return (
    <Link href={href} className="name flex min-w-0 flex-1 items-center gap-1.5 hover:underline">
      <Icon aria-label={row.type} className="size-3.5 shrink-0 text-ink-soft" />
      <span className="break-all">{row.connector}</span>
    </Link>
  )
}

/** The colour of a chip is its state, its shape the type: a source has a point to the right, a sink is square. */
function TaskChip({ chip, type, faded }: { chip: Chip; type: MapRow['type']; faded: boolean }) {
  const look = stateLooks[chip.state]
  const Icon = look.icon
  const what = chip.task === undefined ? 'connector' : `task ${chip.task}`
  return (
    <span
      data-flip={chip.id}
      title={`${what}: ${look.word}. ${look.meaning}`}
      className={cx(
        'num inline-flex h-6 items-center gap-1 border px-1.5 text-xs transition-opacity duration-150',
        type === 'source' ? 'rounded-r-full rounded-l-sm' : 'rounded-sm',
        faded && 'opacity-35',
      )}
      style={{
        color: `var(--state-${look.token})`,
        background: `var(--state-${look.token}-soft)`,
        borderColor: `var(--state-${look.token}-line)`,
      }}
    >
      <Icon aria-hidden="true" className="size-3" />
      {chip.task ?? 'C'}
      <span className="sr-only">
        {what} {look.word}
      </span>
    </span>
  )
}
