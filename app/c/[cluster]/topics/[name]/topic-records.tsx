'use client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Inbox, RefreshCw } from 'lucide-react'
import { Faces } from '#app/faces.tsx'
import { useTRPC } from '#app/trpc.ts'
import { useCluster } from '#app/use-cluster.ts'
import { useDebounced } from '#app/use-debounced.ts'
import { paths } from '#components/frame/paths.ts'
import { useUrlState } from '#components/frame/use-url-state.ts'
import { ColumnPicker } from '#components/records/column-picker.tsx'
import { FromPicker } from '#components/records/from-picker.tsx'
import { jsonLines } from '#components/records/json-lines.ts'
import { parseFormat, parseFrom, parsePartition, printFrom } from '#components/records/read-query.ts'
import { RecordBrowser } from '#components/records/record-browser.tsx'
import { RecordFilters } from '#components/records/record-filters.tsx'
import { useColumns } from '#components/records/use-columns.ts'
import { Button } from '#components/ui/button.tsx'
import { DownloadButton } from '#components/ui/download-button.tsx'
import { Empty } from '#components/ui/empty.tsx'
import { count } from '#components/ui/format.ts'
import type { TopicDetail } from '#server/contract/topics.ts'

/** How many records a page has at first, and at most. */
const few = 200
const many = 1000

/** A page of records from a chosen place. It stands still until it is asked to read again. */
export function TopicRecords({ topic }: { topic: TopicDetail }) {
  const cluster = useCluster()
  const trpc = useTRPC()
  const url = useUrlState()
  const limit = url.get('limit') === String(many) ? many : few
  const [columns, setColumns] = useColumns()
  const from = parseFrom(url.get('from'))
  const partition = parsePartition(url.get('partition'))
  const format = parseFormat(url.get('format'))
  const text = url.get('q') ?? ''
  const contains = useDebounced(text, 300)
  const records = useQuery(
    trpc.topics.read.queryOptions(
      {
        cluster,
        topic: topic.name,
        from,
        format,
        limit,
        ...(partition === undefined ? {} : { partition }),
        ...(contains === '' ? {} : { contains }),
      },
      {
        placeholderData: keepPreviousData,
        refetchInterval: false,
        refetchOnWindowFocus: false,
        staleTime: Number.POSITIVE_INFINITY,
      },
    ),
  )
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <RecordFilters
          text={text}
          onText={(q) => url.set({ q })}
          partition={partition}
          partitions={topic.partitions}
          onPartition={(value) => url.set({ partition: value })}
          format={format}
          onFormat={(value) => url.set({ format: value === 'auto' ? null : value })}
        >
          <FromPicker from={from} onChange={(next) => url.set({ from: printFrom(next) })} />
        </RecordFilters>
        <Button onClick={() => void records.refetch()} busy={records.isFetching}>
          {!records.isFetching && <RefreshCw aria-hidden="true" />}
          Read again
        </Button>
        <ColumnPicker records={records.data ?? []} columns={columns} onColumns={setColumns} />
        {records.data && records.data.length > 0 && (
          <DownloadButton
            name={`${topic.name}.jsonl`}
            type="application/jsonl"
            text={() => jsonLines(topic.name, records.data)}
          />
        )}
        <span role="status" className="num ml-auto text-ink-soft">
          {records.data && count(records.data.length, 'record')}
        </span>
        {limit === few && records.data?.length === few && (
          <Button onClick={() => url.set({ limit: String(many) })}>Read {many} records</Button>
        )}
      </div>
      <Faces query={records}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon={Inbox} title={contains === '' ? 'No records here' : 'No record contains that'}>
              {contains === ''
                ? 'Choose another place to read from, or watch the live tail.'
                : 'Another text or another place may have some.'}
            </Empty>
          ) : (
            <RecordBrowser
              topic={topic.name}
              records={from.at === 'newest' ? rows.toReversed() : rows}
              columns={columns}
              selected={url.get('record')}
              onSelect={(record) => url.set({ record })}
              hrefOf={({ partition: of, offset }) => paths.record(cluster, topic.name, of, offset)}
            />
          )
        }
      </Faces>
    </>
  )
}
