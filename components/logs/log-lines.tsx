'use client'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef } from 'react'
import { aboutWhom } from '#components/logs/event-look.ts'
import { Button } from '#components/ui/button.tsx'
import { cx } from '#components/ui/cx.ts'
import { clockTime, exactTime } from '#components/ui/format.ts'
import type { LogLevel } from '#server/contract/connector.ts'
import type { EventEntry } from '#server/contract/events.ts'

const tokens: Record<LogLevel, string> = {
  TRACE: 'stopped',
  DEBUG: 'stopped',
  INFO: 'paused',
  WARN: 'restarting',
  ERROR: 'failed',
}

const lineId = (line: EventEntry): string => `${line.worker} ${line.id}`

/** Log lines, oldest first; only the visible ones exist. `follow` keeps the newest in sight. */
export function LogLines({
  lines,
  follow,
  older,
  onScrollUp,
}: {
  lines: readonly EventEntry[]
  follow: boolean
  /** Undefined: there are no older ones. */
  older: { load: () => void; busy: boolean } | undefined
  onScrollUp: () => void
}) {
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 24,
    getItemKey: (index) => {
      const line = lines[index]
      return line ? lineId(line) : index
    },
    overscan: 20,
  })
  const last = lines.length - 1
  const newest = lines[last]
  const newestId = newest && lineId(newest)
  useEffect(() => {
    if (follow && newestId !== undefined) virtual.scrollToIndex(last, { align: 'end' })
  }, [follow, last, newestId, virtual])

  return (
    <section
      ref={scroller}
      aria-label="Log lines"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area must be reachable by keyboard
      tabIndex={0}
      onWheel={(event) => {
        if (event.deltaY < 0) onScrollUp()
      }}
      onTouchMove={onScrollUp}
      onKeyDown={(event) => {
        if (['ArrowUp', 'PageUp', 'Home'].includes(event.key)) onScrollUp()
      }}
      className="h-full overflow-auto overscroll-contain rounded-md border bg-surface"
    >
      {older && (
        <div className="border-b p-2 text-center">
          <Button size="sm" busy={older.busy} onClick={older.load}>
            Older lines
          </Button>
        </div>
      )}
      <ol className="name relative text-xs" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const line = lines[item.index]
          return (
            line && (
              <li
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                className="absolute inset-x-0 flex flex-wrap gap-x-3 border-b px-2 py-0.5 leading-5 md:flex-nowrap"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <time
                  className="num shrink-0 text-ink-soft"
                  title={exactTime(line.at)}
                  dateTime={new Date(line.at).toISOString()}
                >
                  {clockTime(line.at)}
                </time>
                <span className="w-10 shrink-0 font-medium" style={{ color: `var(--state-${tokens[line.level]})` }}>
                  {line.level}
                </span>
                <span className="shrink-0 text-ink-soft" title={line.logger}>
                  {[line.worker, aboutWhom(line)].filter(Boolean).join(' ')}
                </span>
                <span className={cx('min-w-0 basis-full break-words md:flex-1 md:basis-0')}>
                  {line.message}
                  {line.code && <span className="text-ink-soft"> [{line.code}]</span>}
                  {line.trace && (
                    <details>
                      <summary className="text-accent">trace</summary>
                      <pre className="whitespace-pre-wrap break-all">{line.trace}</pre>
                    </details>
                  )}
                </span>
              </li>
            )
          )
        })}
      </ol>
    </section>
  )
}
