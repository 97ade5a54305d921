import Link from 'next/link'
import { compactNumber } from '#components/ui/format.ts'
import { Table, Td, Th } from '#components/ui/table.tsx'
import type { TopicSummary } from '#server/contract/topics.ts'

export function TopicTable({ topics, hrefOf }: { topics: readonly TopicSummary[]; hrefOf: (topic: string) => string }) {
  const kinds = topics.some((topic) => topic.internal)
  return (
    <Table label="Topics">
      <thead>
        <tr>
          <Th className="w-full">name</Th>
          <Th className="text-right">partitions</Th>
          <Th className="text-right">
            <abbr
              title="End offsets minus start offsets: an upper bound, because compaction and transactions leave gaps"
              className="no-underline"
            >
              records
            </abbr>
          </Th>
          {kinds && <Th className="hidden sm:table-cell">kind</Th>}
        </tr>
      </thead>
      <tbody>
        {topics.map((topic) => (
          <tr key={topic.name} className="hover:bg-hover">
            <Td>
              <Link href={hrefOf(topic.name)} className="name break-all font-medium hover:underline">
                {topic.name}
              </Link>
            </Td>
            <Td className="num text-right">{topic.partitions}</Td>
            <Td className="num text-right" title={topic.records.toLocaleString('en')}>
              {compactNumber(topic.records)}
            </Td>
            {kinds && <Td className="hidden text-ink-soft sm:table-cell">{topic.internal ? 'internal' : ''}</Td>}
          </tr>
        ))}
      </tbody>
    </Table>
  )
}
