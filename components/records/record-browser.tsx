'use client'
import { RecordPanel } from '#components/records/record-panel.tsx'
import { RecordTable, recordId } from '#components/records/record-table.tsx'
import type { TopicRecord } from '#server/contract/topics.ts'

/** The table and, when a record is chosen, the record. */
export function RecordBrowser({
  topic,
  records,
  columns,
  selected,
  onSelect,
  hrefOf,
  follow,
  onScrollUp,
}: {
  topic: string
  records: readonly TopicRecord[]
  /** Fields of the value that stand in place of it. */
  columns: readonly string[]
  selected: string | null
  onSelect: (id: string | null) => void
  /** The address of a record, wherever it is looked at. */
  hrefOf: (record: TopicRecord) => string
  follow?: boolean
  onScrollUp?: () => void
}) {
  const record = selected === null ? undefined : records.find((each) => recordId(each) === selected)
  return (
    <div className="flex h-[calc(100vh-290px)] min-h-72 border-y">
      <div className="min-w-0 flex-1">
        <RecordTable
          label={`Records of ${topic}`}
          records={records}
          columns={columns}
          selected={selected}
          onSelect={(each) => onSelect(recordId(each))}
          follow={follow ?? false}
          {...(onScrollUp ? { onScrollUp } : {})}
        />
      </div>
      {record && <RecordPanel topic={topic} record={record} href={hrefOf(record)} onClose={() => onSelect(null)} />}
    </div>
  )
}
