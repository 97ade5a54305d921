'use client'
import { Plus, Trash2 } from 'lucide-react'
import { type FormEvent, useId, useState } from 'react'
import type { FormModel } from '#components/config-form/form-model.ts'
import { Button } from '#components/ui/button.tsx'
import { Input } from '#components/ui/input.tsx'
import { isKeptSecret } from '#server/contract/kept-secret.ts'

/** Keys that the plugin does not define. They are sent as they are; a probable typo is named. */
export function OtherKeys({
  others,
  onChange,
  onRemove,
}: {
  others: FormModel['others']
  onChange: (key: string, value: string | null) => void
  onRemove: (key: string) => void
}) {
  const [key, setKey] = useState('')
  const id = useId()
  const add = (event: FormEvent) => {
    event.preventDefault()
    if (key.trim() === '') return
    onChange(key.trim(), '')
    setKey('')
  }
  return (
    <section id="section-other-keys" aria-labelledby={`${id}-title`} className="scroll-mt-16 border-t pt-4 pb-2 pl-3">
      <h2 id={`${id}-title`} className="font-semibold text-base">
        Other keys
      </h2>
      <p className="mb-2 max-w-prose text-ink-soft text-xs">
        The plugin does not define these. They are kept and sent as they are: overrides, notes, keys of a later version.
      </p>
      <ul className="space-y-2">
        {others.map((other) => (
          <li key={other.name}>
            <label htmlFor={`${id}-${other.name}`} className="name break-all text-xs">
              {other.name}
            </label>
            <span className="flex gap-2">
              <Input
                id={`${id}-${other.name}`}
                type={isKeptSecret(other.value) ? 'password' : 'text'}
                className="name text-xs"
                value={other.value ?? ''}
                spellCheck={false}
                autoComplete="off"
                aria-describedby={other.warning ? `${id}-${other.name}-warning` : undefined}
                onChange={(event) => onChange(other.name, event.target.value)}
              />
              <Button size="icon" aria-label={`Remove ${other.name}`} onClick={() => onRemove(other.name)}>
                <Trash2 aria-hidden="true" />
              </Button>
            </span>
            {other.warning && (
              <p id={`${id}-${other.name}-warning`} className="mt-1 text-restarting text-xs">
                {other.warning}
              </p>
            )}
          </li>
        ))}
      </ul>
      <form onSubmit={add} className="mt-3 flex gap-2">
        <Input
          aria-label="Name of a key to add"
          placeholder="producer.override.linger.ms"
          className="name max-w-80 text-xs"
          value={key}
          autoComplete="off"
          onChange={(event) => setKey(event.target.value)}
        />
        <Button type="submit" disabled={key.trim() === ''}>
          <Plus aria-hidden="true" />
          Add key
        </Button>
      </form>
    </section>
  )
}
