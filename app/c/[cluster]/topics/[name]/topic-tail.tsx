'use client'
import { Pause, Play, Radio, SkipForward } from 'lucide-react'
import { type KeyboardEvent, useState } from 'react'
import { troubleOf } from '#app/trouble.ts'
import { useCluster } from '#app/use-cluster.ts'
import { useDebounced } from '#app/use-debounced.ts'
import { useTail } from '#app/use-tail.ts'
import { paths } from '#components/frame/paths.ts'
import { useUrlState } from '#components/frame/use-url-state.ts'
import { ColumnPicker } from '#components/records/column-picker.tsx'
import { RateChart } from '#components/records/rate-chart.tsx'
import { parseFormat, parsePartition } from '#components/records/read-query.ts'
import { RecordBrowser } from '#components/records/record-browser.tsx'
import { RecordFilters } from '#components/records/record-filters.tsx'
import { TailCounters } from '#components/records/tail-counters.tsx'
import { useColumns } from '#components/records/use-columns.ts'
import { Button } from '#components/ui/button.tsx'
import { Empty } from '#components/ui/empty.tsx'
import { Failure } from '#components/ui/failure.tsx'
import { compactNumber } from '#components/ui/format.ts'
import type { RecordFormat } from '#server/contract/topics.ts'

/** A topic as it grows. Changing what is followed begins a new tail; pausing keeps the place. */
export function TopicTail({ topic, partitions = 1 }: { topic: string; partitions?: number }) {
  const url = useUrlState()
  const partition = parsePartition(url.get('partition'))
  const format = parseFormat(url.get('format'))
  const text = url.get('q') ?? ''
  const contains = useDebounced(text, 400)
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <RecordFilters
          text={text}
          onText={(q) => url.set({ q })}
          partition={partition}
          partitions={partitions}
          onPartition={(value) => url.set({ partition: value })}
          format={format}
          onFormat={(value) => url.set({ format: value === 'auto' ? null : value })}
        />
      </div>
      <Follower
        key={JSON.stringify([topic, partition, format, contains])}
        topic={topic}
        partition={partition}
        format={format}
        contains={contains}
      />
    </>
  )
}

function Follower({
  topic,
  partition,
  format,
  contains,
}: {
  topic: string
  partition: number | undefined
  format: RecordFormat
  contains: string
}) {
  const cluster = useCluster()
  const [columns, setColumns] = useColumns()
  const [selected, setSelected] = useState<string | null>(null)
  const { ring, rate, view, error, asleep, again } = useTail(cluster, {
    topic,
    format,
    backlog: 50,
    ...(partition === undefined ? {} : { partition }),
    ...(contains === '' ? {} : { contains }),
  })
  const toggle = () => (view.paused ? ring.resume('continue') : ring.pause())
  const onKeyDown = (event: KeyboardEvent) => {
    // A menu that is open over the tail has its own use for the keys.
    if (event.defaultPrevented) return
    if (event.key === ' ' && !(event.target instanceof HTMLButtonElement)) {
      event.preventDefault()
      toggle()
    } else if (event.key === 'End') ring.resume('continue')
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Space pauses wherever the focus is within the tail
    <div onKeyDown={onKeyDown}>
      <div className="mb-2 flex min-h-8 flex-wrap items-center gap-x-4 gap-y-2">
        <Button onClick={toggle} aria-pressed={view.paused} aria-keyshortcuts="Space">
          {view.paused ? <Play aria-hidden="true" /> : <Pause aria-hidden="true" />}
          {view.paused ? 'Continue from here' : 'Pause'}
        </Button>
        {view.paused && (
          <Button onClick={() => ring.resume('jump')}>
            <SkipForward aria-hidden="true" />
            Jump to now
          </Button>
        )}
        <span role="status" className="inline-flex items-center gap-1.5">
          <Radio aria-hidden="true" className={`size-4 ${view.paused ? 'text-ink-soft' : 'text-running'}`} />
          {asleep ? 'resting, because the page was hidden' : view.paused ? 'paused' : 'following'}
        </span>
        {view.waiting > 0 && <span className="num">{compactNumber(view.waiting)} waiting</span>}
        <ColumnPicker records={view.rows} columns={columns} onColumns={setColumns} />
        <span className="flex flex-wrap items-center gap-x-4 md:ml-auto">
          <RateChart read={rate.read} />
          <TailCounters view={view} />
        </span>
      </div>
      {error && (
        <div className="mb-2">
          <Failure trouble={troubleOf(error)} retry={again} />
        </div>
      )}
      {view.rows.length === 0 ? (
        <Empty icon={Radio} title={contains === '' ? 'Waiting for the next record' : 'No record contains that yet'}>
          {view.filtered > 0
            ? `${compactNumber(view.filtered)} records were left out by the filter.`
            : 'Records appear here as they are written.'}
        </Empty>
      ) : (
        <RecordBrowser
          topic={topic}
          records={view.rows}
          columns={columns}
          selected={selected}
          hrefOf={({ partition: of, offset }) => paths.record(cluster, topic, of, offset)}
          onSelect={(id) => {
            if (id !== null) ring.pause()
            setSelected(id)
          }}
          follow={!view.paused}
          onScrollUp={() => {
            if (!view.paused) ring.pause()
          }}
        />
      )}
    </div>
  )
}
