'use client'
import type { ReactNode } from 'react'
import { Select } from '#components/ui/input.tsx'
import { SearchInput } from '#components/ui/search-input.tsx'
import { type RecordFormat, recordFormats } from '#server/contract/topics.ts'

/** What records are shown and how: shared by the page of records and the tail. */
export function RecordFilters({
  text,
  onText,
  partition,
  partitions,
  onPartition,
  format,
  onFormat,
  children,
}: {
  text: string
  onText: (text: string) => void
  partition: number | undefined
  partitions: number
  onPartition: (partition: string) => void
  format: RecordFormat
  onFormat: (format: string) => void
  children?: ReactNode
}) {
  return (
    <>
      {children}
      {partitions > 1 && (
        <Select aria-label="Partition" value={partition ?? ''} onChange={(event) => onPartition(event.target.value)}>
          <option value="">all partitions</option>
          {Array.from({ length: partitions }, (_, n) => (
            <option key={`partition-${n.toString()}`} value={n}>
              partition {n}
            </option>
          ))}
        </Select>
      )}
      <Select aria-label="Format" value={format} onChange={(event) => onFormat(event.target.value)}>
        {recordFormats.map((each) => (
          <option key={each} value={each}>
            {each === 'auto' ? 'format: auto' : each}
          </option>
        ))}
      </Select>
      <SearchInput label="Key or value contains" className="w-full sm:w-64" value={text} onText={onText} />
    </>
  )
}
