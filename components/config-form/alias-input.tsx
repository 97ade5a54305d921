'use client'
import { useId, useState } from 'react'
import { Input } from '#components/ui/input.tsx'

/**
 * The alias of a step. It is checked while it is typed and counts when the person leaves it or presses Enter; one that cannot
 * be goes back to the one that is.
 */
export function AliasInput({
  alias,
  prefix,
  problemOf,
  onRename,
}: {
  alias: string
  /** How the keys of the step begin, before the alias. */
  prefix: string
  problemOf: (alias: string) => string | undefined
  onRename: (alias: string) => void
}) {
  const id = useId()
  const [typed, setTyped] = useState<string | null>(null)
  const wanted = typed?.trim() ?? alias
  const problem = wanted === alias ? undefined : problemOf(wanted)
  const settle = () => {
    setTyped(null)
    if (wanted !== alias && problem === undefined) onRename(wanted)
  }
  return (
    <div className="min-w-0 py-2">
      <label htmlFor={id} className="mb-1 block font-medium">
        Alias
      </label>
      <Input
        id={id}
        data-alias
        className="name max-w-64 text-xs"
        value={typed ?? alias}
        spellCheck={false}
        autoComplete="off"
        aria-invalid={problem !== undefined || undefined}
        aria-describedby={`${id}-help`}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={settle}
        onKeyDown={(event) => {
          if (event.key === 'Enter') settle()
          if (event.key === 'Escape') setTyped(null)
        }}
      />
      <p
        id={`${id}-help`}
        aria-live="polite"
        className={problem ? 'mt-1 text-failed text-xs' : 'mt-1 text-ink-soft text-xs'}
      >
        {problem ? (
          `${problem} It stays ${alias}.`
        ) : (
          <>
            Its keys begin with{' '}
            <span className="name break-all">
              {prefix}
              {wanted}.
            </span>
          </>
        )}
      </p>
    </div>
  )
}
