'use client'
import { useId, useState } from 'react'
import type { FormField } from '#components/config-form/form-field.ts'
import { inputs, SecretInput } from '#components/config-form/inputs.tsx'
import { cx } from '#components/ui/cx.ts'

/** One setting: its name, its input, its first sentence, and its errors once somebody has been here. */
export function Field({
  field,
  kept,
  showErrors,
  changed,
  onChange,
  onClear,
  onFocus,
  onBlur,
}: {
  field: FormField
  kept: boolean
  showErrors: boolean
  /** Differs from what runs now. */
  changed: boolean
  onChange: (value: string | null) => void
  onClear: () => void
  onFocus: () => void
  onBlur: () => void
}) {
  const id = useId()
  const { definition } = field
  // A value that was kept back stays a secret's input while it is replaced, whatever its definition says.
  const [wasKept] = useState(kept)
  const Control = wasKept ? SecretInput : inputs[definition.type]
  const errors = showErrors ? field.errors : []
  const described = [
    `${id}-help`,
    ...(errors.length > 0 ? [`${id}-errors`] : []),
    ...(field.warning ? [`${id}-warning`] : []),
  ].join(' ')
  return (
    <div
      data-field={field.name}
      className={cx('scroll-mt-16 border-l-2 border-transparent py-2 pl-3', changed && 'border-accent-solid')}
    >
      <div className="mb-1 flex flex-wrap items-baseline gap-x-2">
        <label htmlFor={id} className="font-medium">
          {definition.displayName || field.name}
        </label>
        {definition.required && <span className="text-ink-soft text-xs">required</span>}
        {definition.displayName && definition.displayName !== field.name && (
          <span className="name break-all text-ink-soft text-xs">{field.name}</span>
        )}
      </div>
      <Control
        id={id}
        name={field.name}
        value={field.value}
        defaultValue={definition.defaultValue}
        recommended={field.recommended}
        invalid={errors.length > 0}
        describedBy={described}
        kept={kept}
        onChange={onChange}
        onClear={onClear}
        onFocus={onFocus}
        onBlur={onBlur}
      />
      {errors.length > 0 && (
        <ul id={`${id}-errors`} className="mt-1 text-failed">
          {errors.map((message) => (
            <li key={message} className="break-words">
              {message}
            </li>
          ))}
        </ul>
      )}
      {field.warning && (
        <p id={`${id}-warning`} className="mt-1 text-restarting text-xs">
          {field.warning}
        </p>
      )}
      <p id={`${id}-help`} className="mt-1 max-w-prose text-ink-soft text-xs">
        {firstSentence(definition.documentation)}
      </p>
    </div>
  )
}

export function firstSentence(text: string): string {
  const end = /\.(?=\s|$)/.exec(text)
  return end ? text.slice(0, end.index + 1) : text
}
