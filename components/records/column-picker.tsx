'use client'
import { Columns3 } from 'lucide-react'
import { fieldPaths } from '#components/records/record-fields.ts'
import { Button } from '#components/ui/button.tsx'
import { Menu } from '#components/ui/menu.tsx'
import type { TopicRecord } from '#server/contract/topics.ts'

/** Which fields of JSON values stand as columns of their own. Nothing where the records have no fields. */
export function ColumnPicker({
  records,
  columns,
  onColumns,
}: {
  records: readonly TopicRecord[]
  columns: readonly string[]
  onColumns: (columns: string[]) => void
}) {
  const offered = [...new Set([...fieldPaths(records), ...columns])]
  if (offered.length === 0) return null
  return (
    <Menu
      align="start"
      items={[
        {
          label: 'Show the whole value',
          onSelect: () => onColumns([]),
          disabled: columns.length === 0 ? 'Choose fields to see them as columns.' : undefined,
        },
        'line',
        ...offered.map((field) => ({
          label: field,
          checked: columns.includes(field),
          onSelect: () =>
            onColumns(columns.includes(field) ? columns.filter((each) => each !== field) : [...columns, field]),
        })),
      ]}
      trigger={
        <Button>
          <Columns3 aria-hidden="true" />
          Columns
          {columns.length > 0 && <span className="num text-ink-soft">{columns.length}</span>}
        </Button>
      }
    />
  )
}
