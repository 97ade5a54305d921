'use client'
import { RotateCw } from 'lucide-react'
import Link from 'next/link'
import type { ConnectorRow } from '#components/connectors/connector-row.ts'
import { stallSentence, tasklessSentence } from '#components/connectors/stall-sentence.ts'
import { readTrace } from '#components/connectors/trace.ts'
import { StateWord } from '#components/state/state-word.tsx'
import { Button, ButtonLink } from '#components/ui/button.tsx'

/** What needs a person: one line each, the reason in the trace's own words, and what can be done about it. */
export function AttentionList({
  rows,
  hrefOf,
  onRestart,
  busy,
}: {
  rows: ConnectorRow[]
  hrefOf: (name: string) => string
  onRestart: (row: ConnectorRow) => void
  busy: (name: string) => boolean
}) {
  return (
    <ul className="divide-y border-y">
      {rows.map((row) => (
        <li key={row.name} className="flex flex-wrap items-center gap-x-4 gap-y-1 py-2.5">
          <StateWord state={row.health.state} className="w-28" />
          <div className="min-w-0 flex-1 basis-72">
            <p className="flex flex-wrap gap-x-3">
              <Link href={hrefOf(row.name)} className="name break-all font-medium hover:underline">
                {row.name}
              </Link>
              <span className="text-ink-soft">{row.health.sentence}</span>
            </p>
            <p className="line-clamp-2 break-words">{reasonOf(row)}</p>
          </div>
          <div className="flex gap-2">
            {row.health.state === 'FAILED' && (
              <Button size="sm" busy={busy(row.name)} onClick={() => onRestart(row)}>
                <RotateCw aria-hidden="true" />
                {restartLabel(row)}
              </Button>
            )}
            <ButtonLink size="sm" href={hrefOf(row.name)}>
              Open
              <span className="sr-only"> {row.name}</span>
            </ButtonLink>
          </div>
        </li>
      ))}
    </ul>
  )
}

function restartLabel({ health }: ConnectorRow): string {
  if (health.failedTasks.length === 0) return 'Restart connector'
  return health.failedTasks.length === 1 ? 'Restart failed task' : `Restart ${health.failedTasks.length} failed tasks`
}

function reasonOf({ status, health, stalls: [stall], taskless }: ConnectorRow): string {
  if (health.state === 'STALLED' && stall) return stallSentence(stall, Date.now())
  if (health.state === 'TASKLESS' && taskless) return tasklessSentence(taskless, Date.now())
  const failed = status && [status.connector, ...status.tasks].find((each) => each.state === 'FAILED')
  if (!failed) return 'No worker has taken it yet.'
  if (!failed.trace) return 'It failed without a trace: see its log lines.'
  const { headline, cause, between } = readTrace(failed.trace)
  return cause === undefined ? headline : [between[0], cause].filter(Boolean).join(': ')
}
