'use client'
import { RotateCw } from 'lucide-react'
import { Fragment } from 'react'
import { stallSentence } from '#components/connectors/stall-sentence.ts'
import { TraceView } from '#components/connectors/trace-view.tsx'
import { StateWord } from '#components/state/state-word.tsx'
import { Button } from '#components/ui/button.tsx'
import { cx } from '#components/ui/cx.ts'
import { perSecond } from '#components/ui/format.ts'
import { Table, Td, Th } from '#components/ui/table.tsx'
import type { StalledInstance, TaskStatus } from '#server/contract/connector.ts'
import { mayStall } from '#server/contract/may-stall.ts'

/** The tasks of a connector; a failed one has its trace in a row beneath it. */
export function TaskTable({
  tasks,
  busy,
  traces = true,
  stalls = [],
  rate = () => undefined,
  onRestart,
}: {
  tasks: readonly TaskStatus[]
  busy: boolean
  /** False where the traces stand elsewhere on the page. */
  traces?: boolean
  /** What of the connector shows no progress. */
  stalls?: readonly StalledInstance[]
  /** Records a second of a task; undefined while nobody can say. */
  rate?: (task: number) => number | undefined
  onRestart: (task: number) => void
}) {
  // One that hangs in its start has no status yet.
  const unknown = stalls.filter((stall) => !tasks.some(({ id }) => id === stall.task))
  const shown: TaskStatus[] = [
    ...tasks,
    ...unknown.flatMap(({ task, worker }): TaskStatus[] =>
      task === undefined ? [] : [{ id: task, state: 'RUNNING', workerId: worker }],
    ),
  ]
  if (shown.length === 0) return <p className="py-3 text-ink-soft">It has no tasks at the moment.</p>
  return (
    <Table label="Tasks">
      <thead>
        <tr>
          <Th>task</Th>
          <Th>state</Th>
          <Th className="w-full">worker</Th>
          <Th className="text-right">rec/s</Th>
          <Th>
            <span className="sr-only">actions</span>
          </Th>
        </tr>
      </thead>
      <tbody>
        {shown.map((task) => {
          const trace = traces ? task.trace : undefined
          const plain = trace ? 'border-b-0' : undefined
          const found = stalls.find((stall) => stall.task === task.id)
          const stall = mayStall(task.state) ? found : undefined
          return (
            <Fragment key={task.id}>
              <tr data-task={task.id}>
                <Td className={cx('num', plain)}>{task.id}</Td>
                <Td className={plain}>
                  <TaskState task={task} stall={stall} />
                </Td>
                <Td className={cx('name break-all text-xs', plain)}>
                  {/* One that hangs in its start has said nothing there: its status is of where it was before. */}
                  {stall?.worker ?? (task.workerId || '–')}
                </Td>
                <Td className={cx('num text-right', plain)} data-rate={rate(task.id)}>
                  {perSecond(rate(task.id))}
                </Td>
                <Td className={cx('pr-1', plain)}>
                  <Button
                    size="sm"
                    busy={busy}
                    onClick={() => onRestart(task.id)}
                    aria-label={`Restart task ${task.id}`}
                  >
                    <RotateCw aria-hidden="true" />
                    Restart
                  </Button>
                </Td>
              </tr>
              {trace && (
                <tr>
                  <td className="border-b" />
                  <td colSpan={4} className="max-w-0 border-b pr-1 pb-3 pl-1">
                    <TraceView trace={trace} />
                  </td>
                </tr>
              )}
            </Fragment>
          )
        })}
      </tbody>
    </Table>
  )
}

function TaskState({ task, stall }: { task: TaskStatus; stall: StalledInstance | undefined }) {
  if (!stall) return <StateWord state={task.state} />
  return (
    <span title={stallSentence(stall, undefined)}>
      <StateWord state="STALLED" detail={`stalled in ${stall.stage}`} />
    </span>
  )
}
