'use client'
import { useState } from 'react'
import { Button } from '#components/ui/button.tsx'
import { Input, Select } from '#components/ui/input.tsx'
import type { FieldType } from '#server/contract/config-field.ts'

export interface ConfigInputProps {
  id: string
  name: string
  value: string | null | undefined
  defaultValue: string | null
  recommended: string[]
  invalid: boolean
  describedBy: string | undefined
  /** A value is stored that never left the server (PASSWORD). */
  kept: boolean
  onChange: (value: string | null) => void
  /** Back to "not set": the default holds again. */
  onClear: () => void
  onFocus: () => void
  onBlur: () => void
}

type ConfigInput = (props: ConfigInputProps) => React.ReactNode

function common({ id, invalid, describedBy, onFocus, onBlur }: ConfigInputProps) {
  return { id, 'aria-invalid': invalid || undefined, 'aria-describedby': describedBy, onFocus, onBlur }
}

/** Emptying an input unsets the key, so that the default holds again. */
const change = (props: ConfigInputProps) => (event: { target: { value: string } }) =>
  event.target.value === '' ? props.onClear() : props.onChange(event.target.value)

function TextInput(props: ConfigInputProps) {
  if (props.recommended.length > 0) return <ChoiceInput {...props} />
  return (
    <Input
      {...common(props)}
      className="name text-xs"
      value={props.value ?? ''}
      placeholder={props.defaultValue ?? ''}
      spellCheck={false}
      autoComplete="off"
      onChange={change(props)}
    />
  )
}

/** Recommended values are offered; anything else stays possible. */
function ChoiceInput(props: ConfigInputProps) {
  const list = `${props.id}-values`
  return (
    <>
      <Input
        {...common(props)}
        list={list}
        className="name text-xs"
        value={props.value ?? ''}
        placeholder={props.defaultValue ?? ''}
        spellCheck={false}
        autoComplete="off"
        onChange={change(props)}
      />
      <datalist id={list}>
        {props.recommended.map((value) => (
          <option key={value} value={value} />
        ))}
      </datalist>
    </>
  )
}

/** A text input with a number's keyboard: a wrong number is shown with its error instead of being swallowed. */
function NumberInput(props: ConfigInputProps) {
  return (
    <Input
      {...common(props)}
      inputMode="numeric"
      className="name max-w-48 text-xs"
      value={props.value ?? ''}
      placeholder={props.defaultValue ?? ''}
      autoComplete="off"
      onChange={change(props)}
    />
  )
}

function BooleanInput(props: ConfigInputProps) {
  const known = props.value === 'true' || props.value === 'false' || props.value === undefined || props.value === null
  return (
    <Select {...common(props)} className="w-48" value={props.value ?? ''} onChange={change(props)}>
      <option value="">{props.defaultValue === null ? 'not set' : `default (${props.defaultValue})`}</option>
      <option value="true">true</option>
      <option value="false">false</option>
      {!known && <option value={props.value ?? ''}>{props.value}</option>}
    </Select>
  )
}

/** A list is written with commas, as Kafka does; what is offered is narrowed by the last word and added by a click. */
function ListInput(props: ConfigInputProps) {
  const items = (props.value ?? '').split(',').map((item) => item.trim())
  const last = items.at(-1) ?? ''
  const begun = props.recommended.includes(last) ? '' : last
  const whole = begun === '' ? items : items.slice(0, -1)
  const offered = props.recommended.filter((value) => !items.includes(value) && value.includes(begun)).slice(0, 12)
  return (
    <>
      <Input
        {...common(props)}
        className="name text-xs"
        value={props.value ?? ''}
        placeholder={props.defaultValue || 'one, two, three'}
        spellCheck={false}
        autoComplete="off"
        onChange={change(props)}
      />
      {offered.length > 0 && (
        <span className="mt-1 flex flex-wrap gap-1">
          {offered.map((value) => (
            <Button
              key={value}
              size="sm"
              className="name h-6"
              aria-label={`Add ${value} to ${props.name}`}
              onClick={() => props.onChange([...whole.filter((item) => item !== ''), value].join(','))}
            >
              + {value}
            </Button>
          ))}
        </span>
      )}
    </>
  )
}

/** What is stored never comes to the browser: it is kept as it is until somebody chooses to replace it. */
export function SecretInput(props: ConfigInputProps) {
  const [replacing, setReplacing] = useState(false)
  if (props.kept && !replacing) {
    return (
      <span className="flex items-center gap-2">
        <Input {...common(props)} type="text" readOnly value="" placeholder="unchanged" className="max-w-64" />
        <Button size="md" onClick={() => setReplacing(true)} aria-label={`Replace ${props.name}`}>
          Replace
        </Button>
      </span>
    )
  }
  return (
    <Input
      {...common(props)}
      type="password"
      className="name max-w-96 text-xs"
      value={props.kept ? '' : (props.value ?? '')}
      autoComplete="new-password"
      onChange={change(props)}
    />
  )
}

/** A new field type without an input is a compile error. */
export const inputs = {
  STRING: TextInput,
  CLASS: TextInput,
  BOOLEAN: BooleanInput,
  INT: NumberInput,
  SHORT: NumberInput,
  LONG: NumberInput,
  DOUBLE: NumberInput,
  LIST: ListInput,
  PASSWORD: SecretInput,
} satisfies Record<FieldType, ConfigInput>
