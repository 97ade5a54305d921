import Link from 'next/link'
import { totalLag } from '#components/offsets/lag.ts'
import { compactNumber } from '#components/ui/format.ts'
import { Table, Td, Th } from '#components/ui/table.tsx'
import type { PartitionLag } from '#server/contract/connector.ts'

/** Where a sink stands in each partition that it reads, and what waits for it there. */
export function LagTable({ lag, topicHref }: { lag: readonly PartitionLag[]; topicHref: (topic: string) => string }) {
  const right = 'num text-right'
  return (
    <Table label="Offsets and lag">
      <thead>
        <tr>
          <Th className="w-full">topic</Th>
          <Th className="text-right">partition</Th>
          <Th className="text-right">committed</Th>
          <Th className="text-right">end</Th>
          <Th className="text-right">lag</Th>
        </tr>
      </thead>
      <tbody>
        {lag.map((each) => (
          <tr key={`${each.topic} ${each.partition}`}>
            <Td>
              <Link href={topicHref(each.topic)} className="name break-all text-xs hover:underline">
                {each.topic}
              </Link>
            </Td>
            <Td className={right}>{each.partition}</Td>
            <Td className={right}>{each.committed ?? 'none'}</Td>
            <Td className={right}>{each.end}</Td>
            <Td className={right} data-lag={each.lag}>
              {compactNumber(each.lag)}
            </Td>
          </tr>
        ))}
      </tbody>
      {lag.length > 1 && (
        <tfoot>
          <tr>
            <Td colSpan={4} className="text-ink-soft">
              together
            </Td>
            <Td className={right}>{compactNumber(totalLag(lag))}</Td>
          </tr>
        </tfoot>
      )}
    </Table>
  )
}
