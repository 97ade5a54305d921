'use client'
import { ArrowDownToLine, ScrollText } from 'lucide-react'
import { useState } from 'react'
import type { TabProps } from '#app/c/[cluster]/connectors/[name]/connector.ts'
import { LogLevelControl } from '#app/c/[cluster]/connectors/[name]/log-level-control.tsx'
import { Faces } from '#app/faces.tsx'
import { useCluster } from '#app/use-cluster.ts'
import { useDebounced } from '#app/use-debounced.ts'
import { useEvents } from '#app/use-events.ts'
import { useUrlState } from '#components/frame/use-url-state.ts'
import { LogLines } from '#components/logs/log-lines.tsx'
import { logText } from '#components/logs/log-text.ts'
import { WhichTask } from '#components/logs/which-task.tsx'
import { Button } from '#components/ui/button.tsx'
import { DownloadButton } from '#components/ui/download-button.tsx'
import { Empty } from '#components/ui/empty.tsx'
import { compactNumber } from '#components/ui/format.ts'
import { Select } from '#components/ui/input.tsx'
import { SearchInput } from '#components/ui/search-input.tsx'
import { type LogLevel, logLevels } from '#server/contract/connector.ts'
import type { EventKind } from '#server/contract/events.ts'

const kinds: EventKind[] = ['log', 'dropped']

/** What it and its tasks logged, on whatever worker: what was, and what comes. */
export function LogsTab({ connector }: TabProps) {
  const cluster = useCluster()
  const url = useUrlState()
  const [follow, setFollow] = useState(true)
  const level = logLevels.find((each) => each === url.get('level')) ?? 'INFO'
  const text = url.get('q') ?? ''
  const searched = useDebounced(text.trim(), 300)
  const [task, attempt] = ['task', 'attempt'].map((key) => numberOf(url.get(key)))
  const { query, older, streamError } = useEvents(
    cluster,
    {
      ...{ connector: connector.info.name, kinds, level },
      ...(searched !== '' && { text: searched }),
      ...(task !== undefined && { task }),
      ...(attempt !== undefined && { attempt }),
    },
    follow,
  )
  const narrowed = searched !== '' || task !== undefined || attempt !== undefined || level !== 'INFO'
  return (
    <div className="flex h-[calc(100vh-270px)] min-h-96 flex-col">
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchInput label="Search log lines" className="w-full sm:w-60" value={text} onText={(q) => url.set({ q })} />
        <Select aria-label="Level" value={level} onChange={(event) => url.set({ level: event.target.value })}>
          {logLevels.map((each: LogLevel) => (
            <option key={each} value={each}>
              {each === 'ERROR' ? 'ERROR only' : `${each} and worse`}
            </option>
          ))}
        </Select>
        <WhichTask
          tasks={connector.info.tasks.map((each) => each.task)}
          task={task}
          attempt={attempt}
          onChange={(chosen) => url.set({ task: textOf(chosen.task), attempt: textOf(chosen.attempt) })}
        />
        <Button aria-pressed={follow} onClick={() => setFollow(!follow)}>
          <ArrowDownToLine aria-hidden="true" />
          {follow ? 'Following' : 'Follow'}
        </Button>
        <span className="ml-auto flex flex-wrap items-center gap-3">
          {streamError && <span className="text-ink-soft">New lines do not arrive: it is tried again.</span>}
          {query.data && !query.data.absent && (
            <>
              {query.data.entries.length > 0 && (
                <DownloadButton
                  name={`${connector.info.name}.log`}
                  type="text/plain"
                  text={() => logText(query.data?.entries ?? [])}
                />
              )}
              <LogLevelControl cluster={cluster} name={connector.info.name} />
              <span className="num text-ink-soft">{compactNumber(query.data.entries.length)} lines</span>
            </>
          )}
        </span>
      </div>
      <Faces query={query}>
        {({ absent, entries }) => {
          if (absent) {
            return (
              <Empty icon={ScrollText} title="These workers do not show their log">
                Workers of Apache Kafka Connect write it to their own log files.
              </Empty>
            )
          }
          if (entries.length > 0) {
            return (
              <div className="min-h-0 flex-1">
                <LogLines lines={entries} follow={follow} older={older} onScrollUp={() => setFollow(false)} />
              </div>
            )
          }
          return (
            <Empty
              icon={ScrollText}
              action={
                older && (
                  <Button busy={older.busy} onClick={older.load}>
                    Search older lines
                  </Button>
                )
              }
              title={narrowed ? 'No line matches' : 'No log lines'}
            >
              {narrowed
                ? 'Search for other words, or choose a lower level or another task.'
                : 'It has logged nothing at this level. Normal work is counted, not logged.'}
            </Empty>
          )
        }}
      </Faces>
    </div>
  )
}

const numberOf = (text: string | null): number | undefined =>
  text !== null && /^\d{1,6}$/.test(text) ? Number(text) : undefined
const textOf = (number: number | undefined): string | null => (number === undefined ? null : String(number))
