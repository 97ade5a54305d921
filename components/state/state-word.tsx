import { type ShownState, stateLooks } from '#components/state/state-look.ts'
import { cx } from '#components/ui/cx.ts'

/** A state as word, icon and colour. */
export function StateWord({ state, className, detail }: { state: ShownState; className?: string; detail?: string }) {
  const look = stateLooks[state]
  const Icon = look.icon
  return (
    <span
      className={cx('inline-flex items-center gap-1.5 whitespace-nowrap', className)}
      style={{ color: `var(--state-${look.token})` }}
      title={look.meaning}
    >
      <Icon aria-hidden="true" className="size-4 shrink-0" />
      {detail ?? look.word}
    </span>
  )
}

/** One small block a task; the words stand in the label, because a row of blocks reads badly aloud. */
export function TaskBlocks({ tasks }: { tasks: { id: number; state: ShownState }[] }) {
  const running = tasks.filter((task) => task.state === 'RUNNING').length
  const shown = tasks.slice(0, 12)
  return (
    <span className="num inline-flex items-center gap-2 whitespace-nowrap">
      <span>
        {running}/{tasks.length}
      </span>
      <span aria-hidden="true" className="inline-flex items-center gap-0.5">
        {shown.map((task) => (
          <span
            key={task.id}
            title={`task ${task.id}: ${stateLooks[task.state].word}`}
            className="h-3 w-2 rounded-xs"
            style={{ background: `var(--state-${stateLooks[task.state].token})` }}
          />
        ))}
        {tasks.length > shown.length && <span className="text-ink-soft text-xs">+{tasks.length - shown.length}</span>}
      </span>
    </span>
  )
}
