'use client'
import { useId } from 'react'
import { Input } from '#components/ui/input.tsx'

/** A connector's name: chosen once, so it stands above the settings. */
export function NameField({
  value,
  errors,
  onChange,
  onBlur,
}: {
  value: string
  errors: readonly string[]
  onChange: (name: string) => void
  onBlur: () => void
}) {
  const id = useId()
  return (
    <div data-field="name" className="mb-6 max-w-xl">
      <label htmlFor={id} className="mb-1 block font-medium">
        Name <span className="font-normal text-ink-soft text-xs">required</span>
      </label>
      <Input
        id={id}
        className="name"
        value={value}
        placeholder="orders-to-files"
        autoComplete="off"
        spellCheck={false}
        aria-invalid={errors.length > 0 || undefined}
        aria-describedby={`${id}-help`}
        onChange={(event) => onChange(event.target.value)}
        onBlur={onBlur}
      />
      <p id={`${id}-help`} className={errors.length > 0 ? 'mt-1 text-failed' : 'mt-1 text-ink-soft text-xs'}>
        {errors.length > 0
          ? errors.join(' ')
          : 'It stays the same for good: offsets and a sink’s consumer group carry it.'}
      </p>
    </div>
  )
}
