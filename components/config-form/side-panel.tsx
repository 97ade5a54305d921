'use client'
import { type KeyboardEvent, type ReactNode, useState } from 'react'
import type { Draft } from '#components/config-form/use-draft.ts'
import { cx } from '#components/ui/cx.ts'
import { JsonEditor } from '#components/ui/json-editor.tsx'
import type { ConfigKeyInfo } from '#server/contract/config-field.ts'

const tabs = ['Help', 'JSON', 'Preview', 'Test'] as const

/** What can be tried before anything is saved. */
export interface Trials {
  preview: ReactNode
  test: ReactNode
}

/**
 * Beside the form: what the field at hand means, the whole config as text, in step with the form, and what it would do. A tab
 * that was left keeps what it showed.
 */
export function SidePanel({
  definition,
  draft,
  trials,
}: {
  definition: ConfigKeyInfo | undefined
  draft: Draft
  trials: Trials
}) {
  const [tab, setTab] = useState<(typeof tabs)[number]>('Help')
  /** The arrows go round the tabs, as everywhere; Tab goes on into what the tab shows. */
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: tabs.length - 1 }[event.key]
    const next = step && tabs[(tabs.indexOf(tab) + step) % tabs.length]
    if (!next) return
    event.preventDefault()
    setTab(next)
    document.getElementById(`side-${next}`)?.focus()
  }
  return (
    <aside
      aria-label="Help, JSON, preview and test"
      className="lg:sticky lg:top-16 lg:h-[calc(100vh-220px)] lg:w-[340px] lg:shrink-0"
    >
      <div className="flex h-full flex-col rounded-md border bg-surface">
        <div role="tablist" aria-label="Side panel" onKeyDown={move} className="flex gap-1 border-b px-2">
          {tabs.map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`side-${name}`}
              aria-selected={tab === name}
              tabIndex={tab === name ? 0 : -1}
              aria-controls="side-content"
              onClick={() => setTab(name)}
              className={cx(
                '-mb-px h-9 border-transparent border-b-2 px-2 text-ink-soft hover:text-ink',
                tab === name && 'border-accent-solid font-medium text-ink',
              )}
            >
              {name}
            </button>
          ))}
        </div>
        <div id="side-content" role="tabpanel" aria-labelledby={`side-${tab}`} className="min-h-0 flex-1 overflow-auto">
          {tab === 'Help' && <Help definition={definition} />}
          {tab === 'JSON' && <JsonEditor value={draft.text} onChange={draft.setText} label="Config as JSON" />}
          <div hidden={tab !== 'Preview'}>{trials.preview}</div>
          <div hidden={tab !== 'Test'}>{trials.test}</div>
        </div>
      </div>
    </aside>
  )
}

function Help({ definition }: { definition: ConfigKeyInfo | undefined }) {
  if (!definition) {
    return (
      <p className="p-4 text-ink-soft">
        Go to a field to read what it does. The JSON tab shows the whole config; both are the same thing.
      </p>
    )
  }
  const facts = [
    ['type', definition.type.toLowerCase()],
    ['default', definition.required ? 'none: required' : (definition.defaultValue ?? 'not set')],
    ['importance', definition.importance.toLowerCase()],
    ...(definition.dependents.length > 0 ? [['affects', definition.dependents.join(', ')]] : []),
  ]
  return (
    <div className="space-y-3 p-4">
      <h3 className="name break-all font-medium">{definition.name}</h3>
      <p className="whitespace-pre-line break-words">{definition.documentation}</p>
      <dl className="grid grid-cols-[88px_1fr] gap-y-1 text-xs">
        {facts.map(([term, text]) => (
          <div key={term} className="contents">
            <dt className="text-ink-soft">{term}</dt>
            <dd className="name break-all">{text === '' ? '""' : text}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}
