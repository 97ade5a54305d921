'use client'
import { ArrowDown, ArrowUp, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import type { ChainStep } from '#components/config-form/chain-section.ts'
import { FoldedFields } from '#components/config-form/folded-fields.tsx'
import type { FormField } from '#components/config-form/form-field.ts'
import { StepTitle } from '#components/config-form/step-title.tsx'
import { Button } from '#components/ui/button.tsx'
import { cx } from '#components/ui/cx.ts'

/** One step of the chain: what it does, its alias, when it is applied, its settings, and its place. */
export function StepCard({
  step,
  what,
  place,
  summary,
  alias,
  choice,
  changed,
  onMove,
  onRemove,
  children,
}: {
  step: ChainStep
  what: 'Transform' | 'Predicate'
  /** Where it stands, where that matters: counted from 1, of how many. */
  place: { at: number; of: number } | undefined
  summary: string | undefined
  alias: ReactNode
  choice: ReactNode
  /** Its class, its alias or when it is applied differs from what runs now. */
  changed: boolean
  onMove: (by: -1 | 1) => void
  onRemove: () => void
  children: (field: FormField) => ReactNode
}) {
  const name = step.alias
  return (
    <li data-step={name} className="rounded-md border bg-surface">
      <fieldset className="min-w-0">
        <legend className="sr-only">
          {what} {name}
          {place && `, ${place.at} of ${place.of}`}
        </legend>
        <div className="border-b px-3 py-2">
          <div className="flex items-start gap-3">
            {place && (
              <span aria-hidden="true" className="num w-4 shrink-0 text-ink-soft leading-7">
                {place.at}
              </span>
            )}
            <h3 className="min-w-0 flex-1 break-words leading-7">
              <StepTitle class={step.class} />
            </h3>
            <div className="flex shrink-0">
              {place && place.of > 1 && (
                <>
                  <Button
                    tone="ghost"
                    size="icon"
                    className="size-7"
                    data-move="-1"
                    aria-label={`Move ${name} up`}
                    disabled={place.at === 1}
                    onClick={() => onMove(-1)}
                  >
                    <ArrowUp aria-hidden="true" />
                  </Button>
                  <Button
                    tone="ghost"
                    size="icon"
                    className="size-7"
                    data-move="1"
                    aria-label={`Move ${name} down`}
                    disabled={place.at === place.of}
                    onClick={() => onMove(1)}
                  >
                    <ArrowDown aria-hidden="true" />
                  </Button>
                </>
              )}
              <Button tone="ghost" size="icon" className="size-7" aria-label={`Remove ${name}`} onClick={onRemove}>
                <Trash2 aria-hidden="true" />
              </Button>
            </div>
          </div>
          <div className={cx(place && 'pl-7')}>
            {summary && <p className="text-ink-soft">{summary}</p>}
            {step.warning && <p className="mt-1 text-restarting">{step.warning}</p>}
          </div>
        </div>
        <div className="py-1 pr-3 pb-2">
          <div
            className={cx(
              'grid gap-x-4 border-l-2 border-transparent pl-3 md:grid-cols-2',
              changed && 'border-accent-solid',
            )}
          >
            {alias}
            {choice}
          </div>
          {step.pending ? (
            <p role="status" className="px-3 py-2 text-ink-soft">
              Reading its settings…
            </p>
          ) : (
            <FoldedFields fields={step.fields}>{children}</FoldedFields>
          )}
        </div>
      </fieldset>
    </li>
  )
}
