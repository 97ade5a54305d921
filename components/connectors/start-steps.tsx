import { CircleCheck, CircleX, LoaderCircle, X } from 'lucide-react'
import { healthOf } from '#components/connectors/health.ts'
import { Button, ButtonLink } from '#components/ui/button.tsx'
import type { ConnectorStatus } from '#server/contract/connector.ts'

type Step = { text: string; is: 'done' | 'now' | 'failed' }

/** A start as it happens: each step is told by the cluster, none by a clock. */
export function StartSteps({
  status,
  topics,
  recordsHref,
  onClose,
}: {
  status: ConnectorStatus | null
  topics: readonly string[]
  recordsHref: string
  onClose: () => void
}) {
  const steps = startSteps(status, topics)
  const flowing = steps.every((step) => step.is === 'done')
  return (
    <section aria-label="Start" className="rounded-md border p-4">
      <ol role="status" className="flex flex-col gap-1.5 md:flex-row md:flex-wrap md:gap-6">
        {steps.map((step) => (
          <li key={step.text} data-step={step.is} className="flex items-center gap-2">
            {step.is === 'done' && <CircleCheck aria-label="done" className="size-4 text-running" />}
            {step.is === 'failed' && <CircleX aria-label="failed" className="size-4 text-failed" />}
            {step.is === 'now' && <LoaderCircle aria-label="under way" className="size-4 animate-spin text-ink-soft" />}
            {step.text}
          </li>
        ))}
        <li className="flex items-center gap-2 md:ml-auto">
          {flowing && (
            <ButtonLink tone="primary" size="sm" href={recordsHref}>
              See its records
            </ButtonLink>
          )}
          <Button tone="ghost" size="icon" aria-label="Close the start" onClick={onClose}>
            <X aria-hidden="true" />
          </Button>
        </li>
      </ol>
    </section>
  )
}

function startSteps(status: ConnectorStatus | null, topics: readonly string[]): Step[] {
  const steps: Step[] = [{ text: 'Config stored', is: 'done' }]
  if (!status) return [...steps, { text: 'Waiting for a worker', is: 'now' }]
  const { connector, tasks } = status
  if (connector.state === 'FAILED') return [...steps, { text: 'Connector failed', is: 'failed' }]
  if (connector.state === 'UNASSIGNED') return [...steps, { text: 'Waiting for a worker', is: 'now' }]
  steps.push({ text: `Connector ${connector.state.toLowerCase()} on ${connector.workerId}`, is: 'done' })
  if (tasks.length === 0) return [...steps, { text: 'Waiting for its tasks', is: 'now' }]
  const running = tasks.filter((task) => task.state === 'RUNNING').length
  if (healthOf(status).state === 'FAILED') return [...steps, { text: healthOf(status).sentence, is: 'failed' }]
  if (running < tasks.length) return [...steps, { text: `${running} of ${tasks.length} tasks running`, is: 'now' }]
  steps.push({ text: `${running} of ${tasks.length} tasks running`, is: 'done' })
  return [
    ...steps,
    topics.length > 0 ? { text: 'Records flow', is: 'done' } : { text: 'Waiting for the first record', is: 'now' },
  ]
}
