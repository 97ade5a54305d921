'use client'
import { useId } from 'react'

/** One of a few values, all in sight. */
export function ChoiceGroup<V extends string>({
  legend,
  values,
  value,
  onChange,
}: {
  legend: string
  values: readonly V[]
  value: V
  onChange: (value: V) => void
}) {
  const name = useId()
  return (
    <fieldset>
      <legend className="mb-2 font-semibold text-base">{legend}</legend>
      <div className="flex flex-wrap gap-2">
        {values.map((each) => (
          <label
            key={each}
            className="flex h-9 cursor-pointer items-center gap-2 rounded-md border border-line-strong bg-surface px-3 has-checked:border-accent-solid has-checked:bg-selected"
          >
            <input
              type="radio"
              name={name}
              checked={each === value}
              onChange={() => onChange(each)}
              className="size-4 accent-accent-solid"
            />
            {each}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
