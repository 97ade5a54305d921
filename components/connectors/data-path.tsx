import { ArrowRight, Cpu, Database, File, ListTree } from 'lucide-react'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { endpointOf } from '#components/connectors/endpoint.ts'
import { count } from '#components/ui/format.ts'
import type { ConnectorInfo } from '#server/contract/connector.ts'

/** Where the records come from and go to; each part leads there. */
export function DataPath({
  info,
  topics,
  topicHref,
  tasksHref,
}: {
  info: ConnectorInfo
  topics: readonly string[]
  topicHref: (topic: string) => string
  tasksHref: string
}) {
  const endpoint = endpointOf(info.config)
  const outside = (
    <Part icon={endpoint.kind === 'file' ? <File aria-hidden="true" /> : <Database aria-hidden="true" />}>
      <span className={endpoint.kind === 'file' ? 'name break-all' : undefined}>{endpoint.text}</span>
    </Part>
  )
  const kafka = (
    <Part icon={<ListTree aria-hidden="true" />}>
      {topics.length === 0 ? (
        <span className="text-ink-soft">no topic yet</span>
      ) : (
        topics.map((topic) => (
          <Link key={topic} href={topicHref(topic)} className="name mr-2 break-all hover:underline">
            {topic}
          </Link>
        ))
      )}
    </Part>
  )
  const tasks = (
    <Part icon={<Cpu aria-hidden="true" />}>
      <Link href={tasksHref} className="hover:underline">
        {count(info.tasks.length, 'task')}
      </Link>
    </Part>
  )
  const parts = info.type === 'sink' ? [kafka, tasks, outside] : [outside, tasks, kafka]
  return (
    <ol aria-label="Data path" className="flex flex-col gap-2 border-b pb-3 md:flex-row md:items-center md:gap-4">
      {parts.map((part, index) => (
        <li key={`part-${index.toString()}`} className="flex min-w-0 items-center gap-4">
          {index > 0 && (
            <ArrowRight aria-hidden="true" className="size-4 shrink-0 rotate-90 text-ink-soft md:rotate-0" />
          )}
          {part}
        </li>
      ))}
    </ol>
  )
}

function Part({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <span className="flex min-w-0 items-center gap-2 [&>svg]:size-4 [&>svg]:shrink-0 [&>svg]:text-accent">
      {icon}
      <span className="min-w-0">{children}</span>
    </span>
  )
}
