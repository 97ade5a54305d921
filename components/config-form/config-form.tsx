'use client'
import { CircleAlert, Lock } from 'lucide-react'
import { useRef, useState } from 'react'
import { ChainEditor } from '#components/config-form/chain-editor.tsx'
import { Contents } from '#components/config-form/contents.tsx'
import { Field } from '#components/config-form/field.tsx'
import type { FormField } from '#components/config-form/form-field.ts'
import { fieldsOf, formModel } from '#components/config-form/form-model.ts'
import { OtherKeys } from '#components/config-form/other-keys.tsx'
import type { RecordPlugins } from '#components/config-form/plugin-picker.tsx'
import { Section } from '#components/config-form/section.tsx'
import { SidePanel, type Trials } from '#components/config-form/side-panel.tsx'
import type { Draft } from '#components/config-form/use-draft.ts'
import type { ConfigInfos, ConnectorConfig } from '#server/contract/connector.ts'

/** The form that the validate answer describes, with help and JSON beside it. */
export function ConfigForm({
  infos,
  draft,
  current = {},
  isKept,
  plugins,
  trials,
}: {
  infos: ConfigInfos
  draft: Draft
  /** What runs now, for marking what differs. Absent for a new connector. */
  current?: ConnectorConfig | undefined
  /** Does this value stand for a secret that never left the server? */
  isKept: (value: string | null | undefined) => boolean
  /** Transforms and predicates to choose from. */
  plugins: RecordPlugins
  trials: Trials
}) {
  const [focused, setFocused] = useState<string | null>(null)
  const container = useRef<HTMLDivElement>(null)
  const model = formModel(infos, draft.config)
  const editing = Object.keys(current).length > 0
  const definition = model.sections.flatMap(fieldsOf).find((field) => field.name === focused)?.definition
  const isChanged = (key: string) => editing && draft.config[key] !== current[key]
  const draw = (field: FormField) => (
    <Field
      key={field.name}
      field={field}
      kept={isKept(field.value)}
      showErrors={field.value !== undefined || draft.touched(field.name)}
      changed={isChanged(field.name)}
      onChange={(value) => draft.set(field.name, value)}
      onClear={() => draft.remove(field.name)}
      onFocus={() => setFocused(field.name)}
      onBlur={() => draft.touch(field.name)}
    />
  )
  return (
    <div className="flex flex-col gap-6 lg:flex-row">
      <Contents model={model} />
      <div ref={container} className="min-w-0 flex-1">
        {draft.textError && (
          <p role="status" className="mb-3 flex items-center gap-2 rounded-md bg-restarting-soft px-3 py-2">
            <Lock aria-hidden="true" className="size-4" />
            The JSON does not parse, so the form waits: {draft.textError}
          </p>
        )}
        {model.loose.length > 0 && (
          <ul role="alert" className="mb-3 rounded-md border border-failed-line bg-failed-soft px-3 py-2">
            {model.loose.map((error) => (
              <li key={`${error.name} ${error.message}`} className="flex gap-2 break-words">
                <CircleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-failed" />
                <span>
                  <span className="name">{error.name}</span>: {error.message}
                </span>
              </li>
            ))}
          </ul>
        )}
        <fieldset disabled={draft.textError !== null} className="min-w-0">
          <legend className="sr-only">Settings</legend>
          {model.sections.map((section) =>
            section.kind === 'fields' ? (
              <Section key={section.id} section={section}>
                {draw}
              </Section>
            ) : (
              <ChainEditor key={section.id} section={section} draft={draft} plugins={plugins} isChanged={isChanged}>
                {draw}
              </ChainEditor>
            ),
          )}
          <OtherKeys others={model.others} onChange={draft.set} onRemove={draft.remove} />
        </fieldset>
      </div>
      <SidePanel definition={definition} draft={draft} trials={trials} />
    </div>
  )
}

/** Brings the first field that is wrong into sight and puts the cursor there. */
export function goToFirstError(): void {
  requestAnimationFrame(() => {
    const input = document.querySelector<HTMLElement>('[data-field] [aria-invalid="true"]')
    input?.scrollIntoView({ block: 'center' })
    input?.focus({ preventScroll: true })
  })
}
