import { compactNumber } from '#components/ui/format.ts'
import { Table, Td, Th } from '#components/ui/table.tsx'
import type { TopicDetail } from '#server/contract/topics.ts'

/** Where each partition begins and ends, and the topic's settings, those that somebody set first. */
export function TopicConfig({ topic }: { topic: TopicDetail }) {
  const config = topic.config.toSorted(
    (a, b) => Number(a.isDefault) - Number(b.isDefault) || a.name.localeCompare(b.name),
  )
  return (
    <div className="space-y-6">
      <section>
        <h2 className="mb-1 font-semibold text-base">Partitions</h2>
        <Table label="Partitions" className="max-w-xl">
          <thead>
            <tr>
              <Th className="text-right">partition</Th>
              <Th className="text-right">first offset</Th>
              <Th className="text-right">end offset</Th>
              <Th className="text-right">records</Th>
            </tr>
          </thead>
          <tbody>
            {topic.offsets.map((each) => (
              <tr key={each.partition}>
                <Td className="num text-right">{each.partition}</Td>
                <Td className="num text-right">{each.start}</Td>
                <Td className="num text-right">{each.end}</Td>
                <Td className="num text-right">{compactNumber(each.end - each.start)}</Td>
              </tr>
            ))}
          </tbody>
        </Table>
      </section>
      <section>
        <h2 className="mb-1 font-semibold text-base">Settings</h2>
        <Table label="Settings">
          <thead>
            <tr>
              <Th>name</Th>
              <Th>value</Th>
              <Th>from</Th>
            </tr>
          </thead>
          <tbody>
            {config.map((each) => (
              <tr key={each.name}>
                <Td className="name break-all text-xs">{each.name}</Td>
                <Td className="name min-w-32 break-all text-xs">{each.value ?? '–'}</Td>
                <Td className="whitespace-nowrap text-ink-soft">{each.isDefault ? 'default' : 'set for this topic'}</Td>
              </tr>
            ))}
          </tbody>
        </Table>
      </section>
    </div>
  )
}
