'use client'
import { Table, Td, Th } from '#components/ui/table.tsx'
import type { DrainChoice } from '#components/workers/drain-choices.ts'
import { type DrainActions, DrainControl, DrainWord } from '#components/workers/drain-control.tsx'

/** Workers as rows: beside the assignment as a table, and for drained workers that are away. */
export function DrainTable({
  label,
  choices,
  actions,
}: {
  label: string
  choices: readonly DrainChoice[]
  actions: DrainActions
}) {
  return (
    <Table label={label}>
      <thead>
        <tr>
          <Th>worker</Th>
          <Th className="text-right">runs</Th>
          <Th>drain</Th>
          <Th>
            <span className="sr-only">actions</span>
          </Th>
        </tr>
      </thead>
      <tbody>
        {choices.map((choice) => (
          <tr key={choice.worker}>
            <Td className="name">{choice.worker}</Td>
            <Td className="num text-right">{choice.pieces}</Td>
            <Td>{choice.drain ? <DrainWord drain={choice.drain} /> : '–'}</Td>
            <Td className="text-right">
              <DrainControl choice={choice} actions={actions} />
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  )
}
