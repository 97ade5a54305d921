'use client'
import { useQuery } from '@tanstack/react-query'
import { ArrowDownToLine, ScrollText } from 'lucide-react'
import { useState } from 'react'
import type { TabProps } from '#app/c/[cluster]/connectors/[name]/connector.ts'
import { Faces } from '#app/faces.tsx'
import { useTRPC } from '#app/trpc.ts'
import { useCluster } from '#app/use-cluster.ts'
import { useUrlState } from '#components/frame/use-url-state.ts'
import { LogLines } from '#components/logs/log-lines.tsx'
import { Button } from '#components/ui/button.tsx'
import { Empty } from '#components/ui/empty.tsx'
import { compactNumber } from '#components/ui/format.ts'
import { Select } from '#components/ui/input.tsx'
import { SearchInput } from '#components/ui/search-input.tsx'
import { type LogLevel, logLevels } from '#server/contract/connector.ts'

/** What its workers remember of its log, newest at the end. */
export function LogsTab({ connector }: TabProps) {
  const cluster = useCluster()
  const trpc = useTRPC()
  const url = useUrlState()
  const [follow, setFollow] = useState(true)
  const level = logLevels.find((each) => each === url.get('level')) ?? 'INFO'
  const text = url.get('q') ?? ''
  const logs = useQuery(
    trpc.connectors.logs.queryOptions(
      { cluster, name: connector.info.name, level, limit: 2000 },
      { refetchInterval: follow ? 1_500 : false },
    ),
  )
  return (
    <div className="flex h-[calc(100vh-270px)] min-h-80 flex-col">
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchInput label="Search log lines" className="w-full sm:w-72" value={text} onText={(q) => url.set({ q })} />
        <Select aria-label="Level" value={level} onChange={(event) => url.set({ level: event.target.value })}>
          {logLevels.map((each: LogLevel) => (
            <option key={each} value={each}>
              {each === 'ERROR' ? 'ERROR only' : `${each} and worse`}
            </option>
          ))}
        </Select>
        <Button aria-pressed={follow} onClick={() => setFollow(!follow)}>
          <ArrowDownToLine aria-hidden="true" />
          {follow ? 'Following' : 'Follow'}
        </Button>
        {logs.data && (
          <span className="num ml-auto text-ink-soft">{compactNumber(matching(logs.data, text).length)} lines</span>
        )}
      </div>
      <Faces query={logs}>
        {(lines) => {
          if (lines === null) {
            return (
              <Empty icon={ScrollText} title="These workers do not show their log">
                Workers of Apache Kafka Connect write it to their own log files.
              </Empty>
            )
          }
          const shown = matching(lines, text)
          if (shown.length > 0) {
            return (
              <div className="min-h-0 flex-1">
                <LogLines lines={shown} follow={follow} onScrollUp={() => setFollow(false)} />
              </div>
            )
          }
          return (
            <Empty icon={ScrollText} title={lines.length === 0 ? 'No log lines' : 'No line matches'}>
              {lines.length === 0
                ? 'The workers remember nothing of it at this level. Normal work is counted, not logged.'
                : 'Search for other words, or choose a lower level.'}
            </Empty>
          )
        }}
      </Faces>
    </div>
  )
}

function matching<L extends { message: string; logger: string; trace?: string | undefined }>(
  lines: readonly L[],
  text: string,
): readonly L[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return lines
  return lines.filter((line) =>
    [line.message, line.logger, line.trace ?? ''].some((each) => each.toLowerCase().includes(wanted)),
  )
}
