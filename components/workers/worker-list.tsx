'use client'
import { Play, Plus, Square } from 'lucide-react'
import { stateLooks } from '#components/state/state-look.ts'
import { Button } from '#components/ui/button.tsx'
import { RelativeTime } from '#components/ui/relative-time.tsx'
import { Table, Td, Th } from '#components/ui/table.tsx'
import { useNow } from '#components/ui/use-now.ts'
import { duration } from '#server/contract/duration.ts'
import type { EmbeddedWorker } from '#server/contract/embedded-workers.ts'

const looks = {
  starting: { word: 'starting', token: 'restarting', icon: stateLooks.RESTARTING.icon },
  running: { word: 'running', token: 'running', icon: stateLooks.RUNNING.icon },
  stopping: { word: 'stopping', token: 'restarting', icon: stateLooks.STOPPED.icon },
  stopped: { word: 'stopped', token: 'stopped', icon: stateLooks.STOPPED.icon },
  restarting: { word: 'restarting', token: 'restarting', icon: stateLooks.RESTARTING.icon },
} satisfies Record<EmbeddedWorker['state'], { word: string; token: string; icon: typeof Play }>

/** The workers that this console runs itself: the only ones that it can start and stop. */
export function WorkerList({
  workers,
  busy,
  adding,
  onStart,
  onStop,
  onAdd,
}: {
  workers: readonly EmbeddedWorker[]
  busy: (id: number) => boolean
  adding: boolean
  onStart: (id: number) => void
  onStop: (id: number) => void
  onAdd: () => void
}) {
  return (
    <section aria-labelledby="embedded-workers">
      <header className="mb-1 flex items-center gap-3">
        <div className="flex-1">
          <h2 id="embedded-workers" className="font-semibold text-base">
            Workers of this console
          </h2>
          <p className="text-ink-soft text-xs">
            Stopping one is clean: its tasks finish, commit and move to another worker.
          </p>
        </div>
        <Button onClick={onAdd} busy={adding}>
          <Plus aria-hidden="true" />
          Add worker
        </Button>
      </header>
      <Table label="Embedded workers">
        <thead>
          <tr>
            <Th>worker</Th>
            <Th>state</Th>
            <Th className="hidden sm:table-cell">process</Th>
            <Th className="hidden sm:table-cell">since</Th>
            <Th className="text-right">
              <abbr title="How often its process died since the console started" className="no-underline">
                deaths
              </abbr>
            </Th>
            <Th>
              <span className="sr-only">actions</span>
            </Th>
          </tr>
        </thead>
        <tbody>
          {workers.map((worker) => (
            <tr key={worker.id} data-worker={worker.workerId} data-state={worker.state}>
              <Td className="name">{worker.workerId}</Td>
              <Td>
                <WorkerState worker={worker} />
              </Td>
              <Td className="name hidden text-xs sm:table-cell">{worker.state === 'running' ? worker.pid : '–'}</Td>
              <Td className="hidden sm:table-cell">
                {worker.state === 'running' ? <RelativeTime at={worker.since} /> : '–'}
              </Td>
              <Td className="num text-right">{worker.deaths}</Td>
              <Td className="text-right">
                {worker.state === 'stopped' ? (
                  <Button
                    size="sm"
                    busy={busy(worker.id)}
                    onClick={() => onStart(worker.id)}
                    aria-label={`Start worker ${worker.workerId}`}
                  >
                    <Play aria-hidden="true" />
                    Start
                  </Button>
                ) : (
                  <Button
                    size="sm"
                    busy={busy(worker.id) || worker.state === 'stopping'}
                    disabled={worker.state === 'starting'}
                    onClick={() => onStop(worker.id)}
                    aria-label={`Stop worker ${worker.workerId}`}
                  >
                    <Square aria-hidden="true" />
                    Stop
                  </Button>
                )}
              </Td>
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  )
}

function WorkerState({ worker }: { worker: EmbeddedWorker }) {
  const now = useNow()
  const look = looks[worker.state]
  const left = worker.state === 'restarting' && now !== undefined ? worker.retryAt - now : undefined
  return (
    <span className="flex flex-wrap items-baseline gap-x-2">
      <span className="inline-flex items-center gap-1.5" style={{ color: `var(--state-${look.token})` }}>
        <look.icon aria-hidden="true" className="size-4 self-center" />
        {look.word}
      </span>
      {left !== undefined && (
        <span className="num text-ink-soft text-xs">{left > 0 ? `in ${duration(left)}` : 'now'}</span>
      )}
      {worker.state === 'restarting' && <span className="text-ink-soft text-xs">died: {worker.exit}</span>}
    </span>
  )
}
