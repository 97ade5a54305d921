'use client'
import { useState } from 'react'
import { Button } from '#components/ui/button.tsx'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { count } from '#components/ui/format.ts'
import { type DrainChoice, drainWords } from '#components/workers/drain-choices.ts'

/** What is done about one worker's drain. */
export interface DrainActions {
  busy: (worker: string) => boolean
  onDrain: (worker: string) => void
  onPutBack: (worker: string) => void
}

/** Empties a worker, after saying what that means, or puts it back. */
export function DrainControl({ choice, actions }: { choice: DrainChoice; actions: DrainActions }) {
  const [asking, setAsking] = useState(false)
  const { worker, drain, pieces, takers, refusal } = choice
  if (drain) {
    return (
      <Button
        size="sm"
        busy={actions.busy(worker)}
        onClick={() => actions.onPutBack(worker)}
        aria-label={`Put worker ${worker} back`}
        title="It takes its share of the work again: what comes to it stops and starts once."
      >
        Put back
      </Button>
    )
  }
  return (
    <>
      <Button
        size="sm"
        tone="ghost"
        busy={actions.busy(worker)}
        aria-disabled={refusal !== null}
        title={refusal ?? 'Hands its connectors and tasks over to the others, before its maintenance.'}
        onClick={() => refusal === null && setAsking(true)}
        aria-label={`Drain worker ${worker}${refusal === null ? '' : `: ${refusal}`}`}
      >
        Drain
      </Button>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={`Drain ${worker}?`}
        consequence={
          pieces === 0
            ? 'It runs nothing. It stays in the group and is given nothing until you put it back.'
            : `Its ${count(pieces, 'connector and task', 'connectors and tasks')} move to the other ${takers === 1 ? 'worker' : count(takers, 'worker')} one by one; none is down longer than its own stop and start. It stays in the group and is given nothing until you put it back.`
        }
        action="Drain worker"
        tone="primary"
        busy={actions.busy(worker)}
        onConfirm={() => {
          setAsking(false)
          actions.onDrain(worker)
        }}
      />
    </>
  )
}

/** How far a worker's drain is; nothing when none was asked for. */
export function DrainWord({ drain }: Pick<DrainChoice, 'drain'>) {
  if (!drain) return null
  const token = { draining: 'restarting', drained: 'stopped', absent: 'stopped', waiting: 'stalled' }[drain.state]
  return (
    <span
      className="num rounded border px-1.5 text-xs"
      style={{
        color: `var(--state-${token})`,
        background: `var(--state-${token}-soft)`,
        borderColor: `var(--state-${token}-line)`,
      }}
    >
      {drainWords(drain)}
    </span>
  )
}
