'use client'
import { Input, Select } from '#components/ui/input.tsx'

/** Narrows entries to one task, and to one of its starts. */
export function WhichTask({
  tasks,
  task,
  attempt,
  onChange,
}: {
  tasks: readonly number[]
  task: number | undefined
  /** Null where starts are not chosen. */
  attempt: number | undefined | null
  onChange: (chosen: { task: number | undefined; attempt: number | undefined }) => void
}) {
  return (
    <>
      <Select
        aria-label="Task"
        value={task ?? ''}
        onChange={({ target }) =>
          onChange({ task: target.value === '' ? undefined : Number(target.value), attempt: undefined })
        }
      >
        <option value="">all tasks</option>
        {tasks.map((each) => (
          <option key={each} value={each}>
            task {each}
          </option>
        ))}
      </Select>
      {task !== undefined && attempt !== null && (
        <Input
          aria-label="Attempt"
          title="Which start of the task: 1 is the first one that is known of"
          type="number"
          min={1}
          placeholder="attempt"
          className="w-24"
          value={attempt ?? ''}
          onChange={({ target }) => onChange({ task, attempt: target.value === '' ? undefined : Number(target.value) })}
        />
      )}
    </>
  )
}
