'use client'
import { Plus } from 'lucide-react'
import { useId } from 'react'
import { Button } from '#components/ui/button.tsx'
import { Select } from '#components/ui/input.tsx'

/** To which records a transform is applied: all, or those of which a predicate is true, or is not. */
export function PredicateChoice({
  step,
  predicates,
  predicate,
  negate,
  errors,
  onApply,
  onNew,
}: {
  /** The alias of the transform. */
  step: string
  /** The predicates that there are. */
  predicates: readonly string[]
  predicate: string | undefined
  negate: boolean
  errors: readonly string[]
  onApply: (wanted: { predicate: string; negate: boolean } | undefined) => void
  onNew: () => void
}) {
  const id = useId()
  const offered = predicate === undefined || predicates.includes(predicate) ? predicates : [...predicates, predicate]
  return (
    <div data-field={`transforms.${step}.predicate`} className="min-w-0 py-2">
      <label htmlFor={id} className="mb-1 block font-medium">
        Apply to
      </label>
      <div className="flex flex-wrap gap-2">
        <Select
          id={id}
          className="max-w-64"
          value={predicate ?? ''}
          aria-invalid={errors.length > 0 || undefined}
          aria-describedby={errors.length > 0 ? `${id}-errors` : undefined}
          onChange={({ target: { value } }) => onApply(value === '' ? undefined : { predicate: value, negate })}
        >
          <option value="">every record</option>
          {offered.map((each) => (
            <option key={each} value={each}>
              records where {each}
            </option>
          ))}
        </Select>
        {predicate !== undefined && (
          <Select
            aria-label={`Whether ${predicate} has to be true`}
            value={negate ? 'false' : 'true'}
            onChange={({ target: { value } }) => onApply({ predicate, negate: value === 'false' })}
          >
            <option value="true">is true</option>
            <option value="false">is not true</option>
          </Select>
        )}
        <Button onClick={onNew}>
          <Plus aria-hidden="true" />
          New predicate
        </Button>
      </div>
      {errors.length > 0 && (
        <div id={`${id}-errors`} className="mt-1 flex flex-wrap items-baseline gap-x-2 text-failed">
          {errors.map((message) => (
            <p key={message} className="break-words">
              {message}
            </p>
          ))}
          <Button tone="link" size="sm" className="-ml-2" onClick={() => onApply(undefined)}>
            Apply it to every record
          </Button>
        </div>
      )}
    </div>
  )
}
