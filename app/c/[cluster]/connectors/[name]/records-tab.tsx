'use client'
import { ListTree } from 'lucide-react'
import type { TabProps } from '#app/c/[cluster]/connectors/[name]/connector.ts'
import { TopicTail } from '#app/c/[cluster]/topics/[name]/topic-tail.tsx'
import { topicsOf } from '#components/connectors/topics-of.ts'
import { useUrlState } from '#components/frame/use-url-state.ts'
import { Empty } from '#components/ui/empty.tsx'
import { Select } from '#components/ui/input.tsx'
import { Labelled } from '#components/ui/labelled.tsx'

/** The records of its topics, as they come. */
export function RecordsTab({ connector }: TabProps) {
  const url = useUrlState()
  const topics = topicsOf(connector.topics, connector.info.config)
  const wanted = url.get('topic')
  const topic = topics.find((each) => each === wanted) ?? topics[0]
  if (topic === undefined) {
    return (
      <Empty icon={ListTree} title="No topic yet">
        Its topics appear here with their first record.
      </Empty>
    )
  }
  return (
    <>
      {topics.length > 1 && (
        <div className="mb-3 max-w-xs">
          <Labelled label="Topic">
            {(id) => (
              <Select
                id={id}
                className="w-full"
                value={topic}
                onChange={(event) => url.set({ topic: event.target.value })}
              >
                {topics.map((each) => (
                  <option key={each} value={each}>
                    {each}
                  </option>
                ))}
              </Select>
            )}
          </Labelled>
        </div>
      )}
      <TopicTail key={topic} topic={topic} />
    </>
  )
}
