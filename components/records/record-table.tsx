'use client'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useEffect, useRef } from 'react'
import { payloadOf } from '#components/records/preview.ts'
import { fieldsOf } from '#components/records/record-fields.ts'
import { cx } from '#components/ui/cx.ts'
import { clockTime, exactTime } from '#components/ui/format.ts'
import type { TopicRecord } from '#server/contract/topics.ts'

const rowHeight = 28

export const recordId = (record: TopicRecord): string => `${record.partition}/${record.offset}`

/** Records as rows, of which only the visible ones exist. `follow` keeps the newest, which is the last, in sight. */
export function RecordTable({
  records,
  columns = [],
  selected,
  onSelect,
  follow = false,
  onScrollUp,
  label,
}: {
  records: readonly TopicRecord[]
  /** Fields of the value that stand in place of it. */
  columns?: readonly string[]
  selected: string | null
  onSelect: (record: TopicRecord) => void
  follow?: boolean
  /** The person scrolled away from the end of a followed table. */
  onScrollUp?: () => void
  label: string
}) {
  const grid = gridOf(columns.length)
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: records.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  })
  const last = records.length - 1
  useEffect(() => {
    if (follow && last >= 0) virtual.scrollToIndex(last, { align: 'end' })
  }, [follow, last, virtual])

  const chosen = records.findIndex((record) => recordId(record) === selected)
  const move = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key]
    if (step === undefined || event.metaKey || event.ctrlKey || event.altKey) return
    const next = chosen === -1 ? (step > 0 ? 0 : last) : Math.min(last, Math.max(0, chosen + step))
    const record = records[next]
    if (!record) return
    event.preventDefault()
    onSelect(record)
    virtual.scrollToIndex(next)
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: wheel and arrow keys move through the rows; each row is a button
    <div
      ref={scroller}
      onKeyDown={move}
      onWheel={(event) => {
        if (event.deltaY < 0) onScrollUp?.()
      }}
      onTouchMove={() => onScrollUp?.()}
      className="h-full overflow-auto overscroll-contain"
    >
      <table
        aria-label={label}
        aria-rowcount={records.length + 1}
        className={cx('block w-full text-left text-xs', leads)}
        style={{ minWidth: 340 + Math.max(220, columns.length * 110) }}
      >
        <thead className="sticky top-0 z-10 block bg-canvas">
          <tr className={cx(rowLook, 'h-7 items-center border-b text-ink-soft')} style={{ gridTemplateColumns: grid }}>
            <th scope="col" className="font-normal">
              time
            </th>
            <th scope="col" className="text-right font-normal">
              <abbr title="partition" className="no-underline">
                p
              </abbr>
            </th>
            <th scope="col" className="text-right font-normal">
              offset
            </th>
            <th scope="col" className="font-normal">
              key
            </th>
            {columns.length === 0 ? (
              <th scope="col" className="font-normal">
                value
              </th>
            ) : (
              columns.map((field) => (
                <th key={field} scope="col" title={field} className="name truncate font-normal">
                  {field}
                </th>
              ))
            )}
          </tr>
        </thead>
        <tbody className="relative block" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const record = records[item.index]
            return (
              record && (
                <Row
                  key={recordId(record)}
                  record={record}
                  columns={columns}
                  grid={grid}
                  index={item.index}
                  top={item.start}
                  selected={item.index === chosen}
                  onSelect={onSelect}
                />
              )
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

/** Time, partition and offset take what they need; key and value, or its fields, share the rest. */
const leads = '[--leads:88px_16px_64px] md:[--leads:92px_28px_84px]'
const rowLook = 'grid gap-x-3 px-2'
const gridOf = (fields: number) =>
  `var(--leads) minmax(64px,1fr) ${fields === 0 ? 'minmax(220px,4fr)' : `repeat(${fields},minmax(90px,1.5fr))`}`

function Row({
  record,
  columns,
  grid,
  index,
  top,
  selected,
  onSelect,
}: {
  record: TopicRecord
  columns: readonly string[]
  grid: string
  index: number
  top: number
  selected: boolean
  onSelect: (record: TopicRecord) => void
}) {
  return (
    <tr
      aria-rowindex={index + 2}
      onClick={() => onSelect(record)}
      className={cx(
        rowLook,
        'name absolute inset-x-0 cursor-pointer items-center border-b hover:bg-hover',
        selected && 'bg-selected hover:bg-selected',
      )}
      style={{ gridTemplateColumns: grid, height: rowHeight, transform: `translateY(${top}px)` }}
    >
      <td className="num">
        <button
          type="button"
          title={exactTime(record.timestamp)}
          aria-label={`Record ${recordId(record)}, ${clockTime(record.timestamp)}`}
          aria-pressed={selected}
          className="num"
        >
          {clockTime(record.timestamp)}
        </button>
      </td>
      <td className="num text-right">{record.partition}</td>
      <td className="num text-right">{record.offset}</td>
      <td className={cx('truncate', !record.key && 'text-ink-soft')}>{payloadOf(record.key)}</td>
      {columns.length === 0 ? (
        <td className={cx('truncate', !record.value && 'text-ink-soft')}>{payloadOf(record.value)}</td>
      ) : (
        columns.map((field) => {
          const text = fieldsOf(record).get(field)
          return (
            <td key={field} title={text} className={cx('truncate', text === undefined && 'text-ink-soft')}>
              {text?.slice(0, 400) ?? '–'}
            </td>
          )
        })
      )}
    </tr>
  )
}
