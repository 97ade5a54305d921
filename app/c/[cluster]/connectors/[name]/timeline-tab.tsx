'use client'
import { History } from 'lucide-react'
import type { TabProps } from '#app/c/[cluster]/connectors/[name]/connector.ts'
import { Faces } from '#app/faces.tsx'
import { useCluster } from '#app/use-cluster.ts'
import { useEvents } from '#app/use-events.ts'
import { useUrlState } from '#components/frame/use-url-state.ts'
import { EventList } from '#components/logs/event-list.tsx'
import { timelineParts } from '#components/logs/event-look.ts'
import { WhichTask } from '#components/logs/which-task.tsx'
import { Button } from '#components/ui/button.tsx'
import { Empty } from '#components/ui/empty.tsx'
import { Select } from '#components/ui/input.tsx'

/** What happened to it, newest first, and what happens while it is looked at. */
export function TimelineTab({ connector }: TabProps) {
  const cluster = useCluster()
  const url = useUrlState()
  const part = timelineParts.find(({ id }) => id === url.get('show')) ?? timelineParts[0]
  const given = url.get('task')
  const task = given !== null && /^\d{1,6}$/.test(given) ? Number(given) : undefined
  const { query, older, streamError } = useEvents(
    cluster,
    { connector: connector.info.name, kinds: [...part.kinds], ...(task !== undefined && { task }) },
    true,
  )
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-center gap-2">
        <Select aria-label="Show" value={part.id} onChange={({ target }) => url.set({ show: target.value })}>
          {timelineParts.map(({ id, words }) => (
            <option key={id} value={id}>
              {words}
            </option>
          ))}
        </Select>
        <WhichTask
          tasks={connector.info.tasks.map((each) => each.task)}
          task={task}
          attempt={null}
          onChange={(chosen) => url.set({ task: chosen.task === undefined ? null : String(chosen.task) })}
        />
        {streamError && <span className="text-ink-soft">What is new does not arrive: it is tried again.</span>}
      </div>
      <Faces query={query}>
        {({ absent, entries }) => {
          if (absent) {
            return (
              <Empty icon={History} title="This cluster keeps no timeline">
                Workers of Apache Kafka Connect do not tell what happened before.
              </Empty>
            )
          }
          if (entries.length === 0 && !older) {
            return (
              <Empty icon={History} title="Nothing happened yet">
                Starts, failures, restarts, changes and pauses stand here, with who did them and when.
              </Empty>
            )
          }
          return (
            <>
              <EventList entries={entries.toReversed()} />
              {older && (
                <Button busy={older.busy} onClick={older.load}>
                  Older
                </Button>
              )}
            </>
          )
        }}
      </Faces>
    </div>
  )
}
