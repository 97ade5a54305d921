'use client'
import { Plus } from 'lucide-react'
import { Fragment, lazy, type ReactNode, Suspense, useRef, useState } from 'react'
import { AliasInput } from '#components/config-form/alias-input.tsx'
import {
  addStep,
  aliasesOf,
  aliasFor,
  aliasProblem,
  applyWhere,
  type ChainKind,
  moveStep,
  predicateOf,
  putStepBack,
  removeStep,
  renameStep,
} from '#components/config-form/chain.ts'
import type { ChainSection, ChainStep } from '#components/config-form/chain-section.ts'
import type { FormField } from '#components/config-form/form-model.ts'
import type { RecordPlugins } from '#components/config-form/plugin-picker.tsx'
import { PredicateChoice } from '#components/config-form/predicate-choice.tsx'
import { RemovedLine, type RemovedStep, removedStep } from '#components/config-form/removed-line.tsx'
import { SectionFrame } from '#components/config-form/section.tsx'
import { StepCard } from '#components/config-form/step-card.tsx'
import { stepKeys } from '#components/config-form/step-keys.ts'
import type { Draft } from '#components/config-form/use-draft.ts'
import { Button } from '#components/ui/button.tsx'

const PluginPicker = lazy(() => import('#components/config-form/plugin-picker.tsx'))

const words = {
  transforms: {
    one: 'Transform',
    add: 'Add a transform',
    about: 'They change each record on its way, one after the other from top to bottom.',
    none: 'Transforms change each record on its way: they mask, add, rename or drop fields, or send it to another topic.',
  },
  predicates: {
    one: 'Predicate',
    add: 'Add a predicate',
    about: 'A transform that uses one is applied to some records only. Their order does not matter.',
    none: 'A predicate tells records apart, so that a transform is applied to some of them only.',
  },
} as const

/** Transforms or predicates as steps that are added, filled in, moved and removed; what is stored stays Kafka Connect's config. */
export function ChainEditor({
  section,
  draft,
  plugins,
  children,
}: {
  section: ChainSection
  draft: Draft
  plugins: RecordPlugins
  children: (field: FormField) => ReactNode
}) {
  const { kind, steps } = section
  const [picking, setPicking] = useState<{ kind: ChainKind; for?: string } | null>(null)
  const [removed, setRemoved] = useState<RemovedStep | null>(null)
  const [renamed, setRenamed] = useState<ReadonlyMap<string, string>>(new Map())
  const next = useRef('')
  const [said, setSaid] = useState('')
  const keyOf = stepKeys(
    steps.map(({ alias }) => alias),
    renamed,
  )

  const add = (pluginClass: string) => {
    if (!picking) return
    const alias = aliasFor(draft.config, picking.kind, pluginClass)
    const { for: asker } = picking
    draft.update((config) => {
      const added = addStep(config, picking.kind, alias, pluginClass)
      return asker === undefined ? added : applyWhere(added, asker, { predicate: alias, negate: false })
    })
    next.current = stepIn(picking.kind, alias, '[data-alias]')
    setSaid(`${alias} was added.`)
  }
  const rename = (from: string, to: string) => {
    setRenamed((was) => new Map(was).set(to, keyOf(from)))
    draft.update((config) => renameStep(config, kind, from, to))
    setSaid(`${from} is called ${to} now.`)
  }
  const move = (alias: string, by: -1 | 1) => {
    const to = steps.findIndex((step) => step.alias === alias) + by
    draft.update((config) => moveStep(config, kind, alias, to))
    setSaid(`${alias} is ${to + 1} of ${steps.length} now.`)
    focusSoon(stepIn(kind, alias, `[data-move="${by}"]:enabled`), stepIn(kind, alias, '[data-move]:enabled'))
  }
  const remove = (alias: string) => {
    setRemoved(removedStep(draft.config, kind, alias))
    draft.update((config) => removeStep(config, kind, alias))
    focusSoon(`#${section.id} [data-undo]`)
  }
  const undo = ({ alias, before }: RemovedStep) => {
    draft.update((config) => putStepBack(config, kind, alias, before))
    setRemoved(null)
    setSaid(`${alias} is back.`)
    focusSoon(stepIn(kind, alias, '[data-alias]'))
  }

  const dismiss = () => {
    setRemoved(null)
    focusSoon(`#${section.id} [data-add]`)
  }

  const gone = removed !== null && steps.every(({ alias }) => alias !== removed.alias) ? removed : null
  const line = gone && <RemovedLine step={gone} onUndo={() => undo(gone)} onDismiss={dismiss} />
  return (
    <SectionFrame id={section.id} title={section.title}>
      <p className="mb-2 max-w-prose pl-3 text-ink-soft text-xs">
        {steps.length > 0 ? words[kind].about : words[kind].none}
      </p>
      {section.list.errors.length > 0 && children(section.list)}
      {(steps.length > 0 || gone) && (
        <ol className="mb-2 space-y-2 pl-3" aria-label={section.title}>
          {steps.map((step, at) => (
            <Fragment key={keyOf(step.alias)}>
              {gone?.at === at && line}
              <StepCard
                step={step}
                what={words[kind].one}
                place={kind === 'transforms' ? { at: at + 1, of: steps.length } : undefined}
                summary={plugins.entries?.find((entry) => entry.class === step.class)?.summary}
                alias={
                  <AliasInput
                    alias={step.alias}
                    prefix={`${kind}.`}
                    problemOf={(alias) => aliasProblem(draft.config, kind, alias)}
                    onRename={(to) => rename(step.alias, to)}
                  />
                }
                choice={
                  kind === 'transforms' ? (
                    <PredicateChoice
                      step={step.alias}
                      predicates={aliasesOf(draft.config, 'predicates')}
                      {...predicateOf(draft.config, step.alias)}
                      errors={step.predicateErrors}
                      onApply={(wanted) => draft.update((config) => applyWhere(config, step.alias, wanted))}
                      onNew={() => setPicking({ kind: 'predicates', for: step.alias })}
                    />
                  ) : (
                    <Users step={step} />
                  )
                }
                onMove={(by) => move(step.alias, by)}
                onRemove={() => remove(step.alias)}
              >
                {children}
              </StepCard>
            </Fragment>
          ))}
          {gone && gone.at >= steps.length && line}
        </ol>
      )}
      <Button className="ml-3" data-add onClick={() => setPicking({ kind })}>
        <Plus aria-hidden="true" />
        {words[kind].add}
      </Button>
      <span role="status" className="sr-only">
        {said}
      </span>
      {picking && (
        <Suspense>
          <PluginPicker
            kind={picking.kind}
            plugins={plugins}
            onChoose={add}
            onClose={() => setPicking(null)}
            onClosed={() => focusSoon(next.current)}
          />
        </Suspense>
      )}
    </SectionFrame>
  )
}

/** Of a predicate: the transforms that use it. */
function Users({ step: { askers } }: { step: ChainStep }) {
  return (
    <div className="py-2">
      <p className="mb-1 font-medium">Used by</p>
      {askers.length === 0 ? (
        <p className="text-ink-soft leading-8">no transform yet</p>
      ) : (
        <p className="name break-words text-xs leading-8">{askers.join(', ')}</p>
      )}
    </div>
  )
}

const stepIn = (kind: ChainKind, alias: string, within: string) =>
  `#section-${kind} [data-step="${CSS.escape(alias)}"] ${within}`

/** Puts the cursor on the first that is there, once what was changed is drawn. */
function focusSoon(...selectors: string[]): void {
  requestAnimationFrame(() => {
    const found = selectors.map((selector) => document.querySelector<HTMLElement>(selector)).find(Boolean)
    found?.scrollIntoView({ block: 'nearest' })
    found?.focus({ preventScroll: true })
  })
}
