'use client'
import { Ellipsis } from 'lucide-react'
import Link from 'next/link'
import { type ReactNode, useRef, useState } from 'react'
import type { ConnectorRow } from '#components/connectors/connector-row.ts'
import { taskStates } from '#components/connectors/health.ts'
import { TypeWord } from '#components/connectors/type-word.tsx'
import { stateLooks } from '#components/state/state-look.ts'
import { StateWord, TaskBlocks } from '#components/state/state-word.tsx'
import { Button } from '#components/ui/button.tsx'
import { cx } from '#components/ui/cx.ts'
import { compactNumber, perSecond } from '#components/ui/format.ts'
import { Menu } from '#components/ui/menu.tsx'
import type { MenuItem } from '#components/ui/menu-item.ts'

/** Which columns give way first when the page is narrow; the name is never cut. */
export const shown: Record<string, string> = {
  plugin: 'hidden lg:table-cell',
  worker: 'hidden xl:table-cell',
  type: 'hidden md:table-cell',
  tasks: 'hidden sm:table-cell',
  rate: 'hidden text-right md:table-cell',
  lag: 'hidden text-right md:table-cell',
}

/** One connector: its state, its name, which opens it, and what can be done with it. */
export function ConnectorTableRow({
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
    ['tasks', <TaskBlocks key="tasks" tasks={taskStates(row.status?.tasks ?? [], row.stalls)} />],
    [
      'rate',
      <span
        key="rate"
        data-rate={row.rate}
        className="num"
        title={`Records a second ${row.type === 'sink' ? 'out of' : 'into'} Kafka`}
      >
        {perSecond(row.rate)}
      </span>,
    ],
    [
      'lag',
      <span key="lag" data-lag={row.lag} className="num" title="Records that its group has not committed yet">
        {compactNumber(row.lag)}
      </span>,
    ],
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
