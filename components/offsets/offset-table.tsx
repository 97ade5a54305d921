import { Table, Td, Th } from '#components/ui/table.tsx'
import type { ConnectorOffset } from '#server/contract/connector.ts'

export function OffsetTable({ offsets }: { offsets: readonly ConnectorOffset[] }) {
  return (
    <Table label="Offsets">
      <thead>
        <tr>
          <Th>partition</Th>
          <Th>offset</Th>
        </tr>
      </thead>
      <tbody>
        {offsets.map((entry) => {
          const partition = JSON.stringify(entry.partition)
          return (
            <tr key={partition}>
              <Td className="name break-all text-xs">{readable(entry.partition)}</Td>
              <Td className="name num break-all text-xs">{entry.offset ? readable(entry.offset) : 'none'}</Td>
            </tr>
          )
        })}
      </tbody>
    </Table>
  )
}

/** `{"kafka_topic":"orders","kafka_partition":0}` → "kafka_topic orders, kafka_partition 0". */
function readable(value: Record<string, unknown>): string {
  return Object.entries(value)
    .map(([key, each]) => `${key} ${typeof each === 'string' ? each : JSON.stringify(each)}`)
    .join(', ')
}
