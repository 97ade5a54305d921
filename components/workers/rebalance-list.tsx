'use client'
import { ArrowRight, ChevronRight } from 'lucide-react'
import { Fragment, useState } from 'react'
import { Button } from '#components/ui/button.tsx'
import { cx } from '#components/ui/cx.ts'
import { count, span } from '#components/ui/format.ts'
import { Select } from '#components/ui/input.tsx'
import { RelativeTime } from '#components/ui/relative-time.tsx'
import { Table, Td, Th } from '#components/ui/table.tsx'
import type { Move, PastRebalance } from '#server/contract/assignments.ts'
import { describeCauses } from '#server/contract/rebalance-words.ts'

export interface RebalanceFilter {
  connector: string
  worker: string
}

/** Every rebalance with its cause; a row opens to what moved from where to where, and how long it was down. */
export function RebalanceList({
  rebalances,
  filter,
  choices,
  onFilter,
  onOlder,
  loadingOlder,
  alone,
}: {
  rebalances: readonly PastRebalance[]
  filter: RebalanceFilter
  choices: { connectors: readonly string[]; workers: readonly string[] }
  onFilter: (change: Partial<RebalanceFilter>) => void
  /** Absent when there are no older ones. */
  onOlder: (() => void) | undefined
  loadingOlder: boolean
  /** The leader remembers these by itself, because there is no events topic. */
  alone: boolean
}) {
  const [open, setOpen] = useState<string | null>(null)
  return (
    <section aria-labelledby="rebalances">
      <header className="mb-1 flex flex-wrap items-end gap-2">
        <div className="min-w-60 flex-1">
          <h2 id="rebalances" className="font-semibold text-base">
            Rebalances
          </h2>
          <p className="text-ink-soft text-xs">
            {alone
              ? 'Remembered by the leader alone: there is no events topic.'
              : 'What a lost worker ran counts as down from when the group gave it up.'}
          </p>
        </div>
        <Narrow
          label="Worker"
          value={filter.worker}
          values={choices.workers}
          onChange={(worker) => onFilter({ worker })}
        />
        <Narrow
          label="Connector"
          value={filter.connector}
          values={choices.connectors}
          onChange={(connector) => onFilter({ connector })}
        />
      </header>
      {rebalances.length === 0 ? (
        <p className="border-y py-3 text-ink-soft">
          {filter.connector || filter.worker ? 'None of these is written down.' : 'None is written down yet.'}
        </p>
      ) : (
        <Table label="Rebalances">
          <thead>
            <tr>
              <Th>when</Th>
              <Th>because</Th>
              <Th className="hidden text-right sm:table-cell">moved</Th>
              <Th className="text-right">longest down</Th>
              <Th className="hidden text-right md:table-cell">took</Th>
            </tr>
          </thead>
          <tbody>
            {rebalances.map((rebalance) => {
              const isOpen = open === rebalance.id
              return (
                <Fragment key={rebalance.id}>
                  <tr data-rebalance={rebalance.id}>
                    <Td className="whitespace-nowrap">
                      <button
                        type="button"
                        aria-expanded={isOpen}
                        onClick={() => setOpen(isOpen ? null : rebalance.id)}
                        className="inline-flex items-center gap-1 rounded hover:text-accent"
                      >
                        <ChevronRight
                          aria-hidden="true"
                          className={cx('size-4 transition-transform duration-150', isOpen && 'rotate-90')}
                        />
                        <RelativeTime at={rebalance.at} />
                      </button>
                    </Td>
                    <Td className="min-w-36 [overflow-wrap:anywhere]">{describeCauses(rebalance.causes)}</Td>
                    <Td className="num hidden text-right sm:table-cell">
                      {rebalance.moves.length + rebalance.movesLeftOut}
                    </Td>
                    <Td className="num whitespace-nowrap text-right">{longest(rebalance.moves)}</Td>
                    <Td className="num hidden whitespace-nowrap text-right md:table-cell">{span(rebalance.tookMs)}</Td>
                  </tr>
                  {isOpen && (
                    <tr>
                      <td colSpan={5} className="border-b bg-hover px-6 py-2">
                        <Moves rebalance={rebalance} />
                      </td>
                    </tr>
                  )}
                </Fragment>
              )
            })}
          </tbody>
        </Table>
      )}
      {onOlder && (
        <Button className="mt-2" size="sm" busy={loadingOlder} onClick={onOlder}>
          Show older
        </Button>
      )}
    </section>
  )
}

function Narrow({
  label,
  value,
  values,
  onChange,
}: {
  label: string
  value: string
  values: readonly string[]
  onChange: (value: string) => void
}) {
  return (
    <Select aria-label={label} className="max-w-60" value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">{label}: any</option>
      {[...new Set(value === '' ? values : [...values, value])].map((each) => (
        <option key={each} value={each}>
          {each}
        </option>
      ))}
    </Select>
  )
}

function Moves({ rebalance: { generation, rounds, leader, moves, movesLeftOut } }: { rebalance: PastRebalance }) {
  return (
    <>
      <p className="text-ink-soft text-xs">
        generation {generation}, {count(rounds, 'round')}, shared out by <span className="name">{leader}</span>
      </p>
      {moves.length === 0 ? (
        <p className="mt-1">Nothing moved.</p>
      ) : (
        <ul className="mt-1 space-y-0.5">
          {moves.map(({ connector, task, from, to, downMs }) => (
            <li
              key={`${task === undefined ? 'connector' : task} ${connector}`}
              className="flex flex-wrap items-baseline gap-x-4 md:grid md:grid-cols-[minmax(0,16rem)_5.5rem_minmax(0,26rem)_1fr]"
            >
              <span className="name break-all">{connector}</span>
              <span className="num">{task === undefined ? 'connector' : `task ${task}`}</span>
              <span className="name flex flex-wrap items-center gap-x-1.5">
                {from ?? 'nowhere'}
                <ArrowRight aria-label="to" className="size-3.5 shrink-0 text-ink-soft" />
                {to}
              </span>
              <span className="num text-ink-soft">{downWords(from, downMs)}</span>
            </li>
          ))}
        </ul>
      )}
      {movesLeftOut > 0 && <p className="mt-1 text-ink-soft">and {movesLeftOut} more, which were not kept</p>}
    </>
  )
}

/** Unknown is "–": a start from nowhere was not down, and what has not come up has no end. */
function longest(moves: readonly Move[]): string {
  const downs = moves.flatMap(({ downMs }) => downMs ?? [])
  return downs.length === 0 ? '–' : span(Math.max(...downs))
}

function downWords(from: string | null, downMs: number | null): string {
  if (from === null) return 'first start'
  return downMs === null ? 'has not run since' : `${span(downMs)} down`
}
