'use client'
import { Plus } from 'lucide-react'
import { Fragment, lazy, type ReactNode, Suspense } from 'react'
import { AliasInput } from '#components/config-form/alias-input.tsx'
import { aliasesOf, aliasProblem, applyWhere, predicateOf } from '#components/config-form/chain.ts'
import type { ChainSection, ChainStep } from '#components/config-form/chain-section.ts'
import type { FormField } from '#components/config-form/form-field.ts'
import type { RecordPlugins } from '#components/config-form/plugin-picker.tsx'
import { PredicateChoice } from '#components/config-form/predicate-choice.tsx'
import { RemovedLine } from '#components/config-form/removed-line.tsx'
import { SectionFrame } from '#components/config-form/section.tsx'
import { StepCard } from '#components/config-form/step-card.tsx'
import { useChain } from '#components/config-form/use-chain.ts'
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
  isChanged,
  children,
}: {
  section: ChainSection
  draft: Draft
  plugins: RecordPlugins
  /** Does this key differ from what runs now? */
  isChanged: (key: string) => boolean
  children: (field: FormField) => ReactNode
}) {
  const { kind, steps } = section
  const chain = useChain(section, draft)
  const { picking, removed } = chain
  const line = removed && (
    <RemovedLine step={removed} onUndo={() => chain.undo(removed)} onDismiss={chain.forgetRemoved} />
  )
  return (
    <SectionFrame id={section.id} title={section.title}>
      <p className="mb-2 max-w-prose pl-3 text-ink-soft text-xs">
        {steps.length > 0 ? words[kind].about : words[kind].none}
      </p>
      {section.list.errors.length > 0 && children(section.list)}
      {(steps.length > 0 || removed) && (
        <ol className="mb-2 space-y-2 pl-3" aria-label={section.title}>
          {steps.map((step, at) => (
            <Fragment key={chain.keyOf(step.alias)}>
              {removed?.at === at && line}
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
                    onRename={(to) => chain.rename(step.alias, to)}
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
                      onNew={() => chain.pick({ kind: 'predicates', asker: step.alias })}
                    />
                  ) : (
                    <Users step={step} />
                  )
                }
                changed={['type', 'predicate', 'negate'].some((key) => isChanged(`${kind}.${step.alias}.${key}`))}
                onMove={(by) => chain.move(step.alias, by)}
                onRemove={() => chain.remove(step.alias)}
              >
                {children}
              </StepCard>
            </Fragment>
          ))}
          {removed && removed.at >= steps.length && line}
        </ol>
      )}
      <Button className="ml-3" data-add onClick={() => chain.pick({ kind })}>
        <Plus aria-hidden="true" />
        {words[kind].add}
      </Button>
      <span role="status" className="sr-only">
        {chain.said}
      </span>
      {picking && (
        <Suspense>
          <PluginPicker
            kind={picking.kind}
            plugins={plugins}
            onChoose={chain.add}
            onClose={chain.stopPicking}
            onClosed={chain.goToAdded}
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
