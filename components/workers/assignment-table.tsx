import Link from 'next/link'
import { StateWord } from '#components/state/state-word.tsx'
import { Table, Td, Th } from '#components/ui/table.tsx'
import type { MapColumn } from '#components/workers/assignment.ts'

/** The same facts as the map, as rows. */
export function AssignmentTable({ columns, hrefOf }: { columns: MapColumn[]; hrefOf: (connector: string) => string }) {
  const rows = columns.flatMap((column) =>
    column.rows.flatMap((row) =>
      row.chips.map((chip) => ({ ...chip, worker: column.worker, connector: row.connector })),
    ),
  )
  return (
    <Table label="Assignment as a table">
      <thead>
        <tr>
          <Th>connector</Th>
          <Th>instance</Th>
          <Th>state</Th>
          <Th>worker</Th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <Td className="min-w-44">
              <Link href={hrefOf(row.connector)} className="name break-all hover:underline">
                {row.connector}
              </Link>
            </Td>
            <Td className="num whitespace-nowrap">{row.task === undefined ? 'connector' : `task ${row.task}`}</Td>
            <Td>
              <StateWord state={row.state} />
            </Td>
            <Td className="name text-xs">{row.worker}</Td>
          </tr>
        ))}
      </tbody>
    </Table>
  )
}
