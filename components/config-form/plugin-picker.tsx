'use client'
import { type FormEvent, type KeyboardEvent, useRef, useState } from 'react'
import { type ChainKind, stepTitle } from '#components/config-form/chain.ts'
import { StepTitle } from '#components/config-form/step-title.tsx'
import { Button } from '#components/ui/button.tsx'
import { ClassName } from '#components/ui/class-name.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { Failure, type Trouble } from '#components/ui/failure.tsx'
import { count } from '#components/ui/format.ts'
import { Input } from '#components/ui/input.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'
import type { RecordPluginEntry } from '#server/contract/herder.ts'

/** What the cluster has to choose from; undefined until it is known. */
export interface RecordPlugins {
  entries: readonly RecordPluginEntry[] | undefined
  trouble: Trouble | null
  retry: () => void
}

const kinds = {
  transforms: {
    type: 'transformation',
    title: 'Add a transform',
    search: 'Search transforms',
    about: 'It changes records one by one, behind the transforms that are there already.',
  },
  predicates: {
    type: 'predicate',
    title: 'Add a predicate',
    search: 'Search predicates',
    about: 'It is true of some records and not of others; a transform that uses it is applied to those records only.',
  },
} as const

/** Choose a class by what it does. The arrows go from the search through what was found; Enter takes the first. */
export default function PluginPicker({
  kind,
  plugins,
  onChoose,
  onClose,
  onClosed,
}: {
  kind: ChainKind
  plugins: RecordPlugins
  onChoose: (pluginClass: string) => void
  onClose: () => void
  /** The dialog is gone: where the focus goes when something was chosen. Otherwise it returns to where it came from. */
  onClosed: () => void
}) {
  const words = kinds[kind]
  const [text, setText] = useState('')
  const search = useRef<HTMLInputElement>(null)
  const chosen = useRef(false)
  const found = plugins.entries && findPlugins(plugins.entries, words.type, text)

  const choose = (pluginClass: string) => {
    chosen.current = true
    onChoose(pluginClass)
    onClose()
  }
  const takeFirst = (event: FormEvent) => {
    event.preventDefault()
    const [first] = found ?? []
    if (first) choose(first.class)
  }
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={words.title}
      description={words.about}
      onOpenAutoFocus={(event) => {
        event.preventDefault()
        search.current?.focus()
      }}
      onCloseAutoFocus={(event) => {
        if (!chosen.current) return
        event.preventDefault()
        onClosed()
      }}
    >
      <form onSubmit={takeFirst} onKeyDown={moveThroughFound} className="mt-2">
        <div className="sticky top-0 bg-surface pt-1 pb-2">
          <Input
            ref={search}
            type="search"
            aria-label={words.search}
            placeholder={words.search}
            autoComplete="off"
            spellCheck={false}
            data-found
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </div>
        <span role="status" className="sr-only">
          {found && count(found.length, 'found', 'found')}
        </span>
        {plugins.trouble && !found && (
          <div className="mt-2">
            <Failure trouble={plugins.trouble} retry={plugins.retry} />
          </div>
        )}
        {!found && !plugins.trouble && <Skeleton rows={5} className="mt-2" />}
        {found && found.length > 0 && (
          <ul className="divide-y border-y">
            {found.map((entry) => (
              <li key={entry.class}>
                <button
                  type="button"
                  data-found
                  onClick={() => choose(entry.class)}
                  className="block w-full px-2 py-2 text-left hover:bg-hover focus-visible:bg-hover"
                >
                  <StepTitle class={entry.class} />
                  {entry.summary && <span className="mt-0.5 block">{entry.summary}</span>}
                  <span className="mt-0.5 block text-ink-soft text-xs">
                    <ClassName name={entry.class} />
                  </span>
                </button>
              </li>
            ))}
          </ul>
        )}
        {found?.length === 0 && (
          <div className="py-6 text-center text-ink-soft">
            {text.trim() === '' ? (
              'The workers have none installed.'
            ) : (
              <>
                <p className="mb-2">Nothing that is called “{text}” or does that.</p>
                <Button onClick={() => setText('')}>Show all</Button>
              </>
            )}
          </div>
        )}
      </form>
    </Dialog>
  )
}

/** By what people call them; of two halves the value, which is meant nearly always, comes first. */
function findPlugins(entries: readonly RecordPluginEntry[], type: RecordPluginEntry['type'], text: string) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return entries
    .filter((entry) => entry.type === type)
    .map((entry) => ({ ...entry, ...stepTitle(entry.class) }))
    .filter((entry) => {
      const told = `${entry.class} ${entry.of ?? ''} ${entry.summary}`.toLowerCase()
      return words.every((word) => told.includes(word))
    })
    .sort((a, b) => a.title.localeCompare(b.title) || (b.of ?? '').localeCompare(a.of ?? ''))
}

function moveThroughFound(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (step === undefined) return
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-found]')]
  const next = stops[stops.indexOf(event.target as HTMLElement) + step]
  if (!next) return
  event.preventDefault()
  next.focus()
}
