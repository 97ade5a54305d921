'use client'
import { RotateCw } from 'lucide-react'
import { TraceView } from '#components/connectors/trace-view.tsx'
import { StateWord } from '#components/state/state-word.tsx'
import { Button } from '#components/ui/button.tsx'
import { Table, Td, Th } from '#components/ui/table.tsx'
import type { TaskStatus } from '#server/contract/connector.ts'

export function TaskTable({
  tasks,
  busy,
  onRestart,
}: {
  tasks: readonly TaskStatus[]
  busy: boolean
  onRestart: (task: number) => void
}) {
  if (tasks.length === 0) return <p className="py-3 text-ink-soft">It has no tasks at the moment.</p>
  return (
    <Table label="Tasks">
      <thead>
        <tr>
          <Th>task</Th>
          <Th>state</Th>
          <Th>worker</Th>
          <Th className="w-full">trace</Th>
          <Th>
            <span className="sr-only">actions</span>
          </Th>
        </tr>
      </thead>
      <tbody>
        {tasks.map((task) => (
          <tr key={task.id} data-task={task.id}>
            <Td className="num align-top">{task.id}</Td>
            <Td className="align-top">
              <StateWord state={task.state} />
            </Td>
            <Td className="name whitespace-nowrap align-top text-xs">{task.workerId || '–'}</Td>
            <Td className="max-w-0 align-top">{task.trace ? <TraceView trace={task.trace} /> : <span className="text-ink-soft">–</span>}</Td>
            <Td className="align-top">
              <Button size="sm" busy={busy} onClick={() => onRestart(task.id)} aria-label={`Restart task ${task.id}`}>
                <RotateCw aria-hidden="true" />
                Restart
              </Button>
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  )
}
