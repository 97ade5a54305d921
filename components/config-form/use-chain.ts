'use client'
import { useRef, useState } from 'react'
import {
  addStep,
  aliasFor,
  applyWhere,
  type ChainKind,
  moveStep,
  putStepBack,
  removeStep,
  renameStep,
} from '#components/config-form/chain.ts'
import type { ChainSection } from '#components/config-form/chain-section.ts'
import { focusSoon } from '#components/config-form/focus-soon.ts'
import { type RemovedStep, removedStep } from '#components/config-form/removed-step.ts'
import { stepKeys } from '#components/config-form/step-keys.ts'
import type { Draft } from '#components/config-form/use-draft.ts'

/** What a class is being chosen for: a new step, and the transform that is to use it. */
interface Picking {
  kind: ChainKind
  asker?: string
}

/** Everything that can be done with the steps of a section. Each of it is said to screen readers, and the cursor follows. */
export function useChain({ kind, steps }: ChainSection, draft: Draft) {
  const [picking, setPicking] = useState<Picking | null>(null)
  const [removed, setRemoved] = useState<RemovedStep | null>(null)
  const [renamed, setRenamed] = useState<ReadonlyMap<string, string>>(new Map())
  const [said, setSaid] = useState('')
  const added = useRef('')
  const aliases = steps.map(({ alias }) => alias)
  const keyOf = stepKeys(aliases, renamed)

  return {
    /** What was done last, in words. */
    said,
    keyOf,
    picking,
    pick: (wanted: Picking) => setPicking(wanted),
    stopPicking: () => setPicking(null),
    /** The dialog of classes is gone. */
    goToAdded: () => focusSoon(added.current),
    /** The step that was removed last, unless there is another of its alias now. */
    removed: removed !== null && !aliases.includes(removed.alias) ? removed : null,

    add(pluginClass: string) {
      if (!picking) return
      const alias = aliasFor(draft.config, picking.kind, pluginClass)
      const { asker } = picking
      draft.update((config) => {
        const longer = addStep(config, picking.kind, alias, pluginClass)
        return asker === undefined ? longer : applyWhere(longer, asker, { predicate: alias, negate: false })
      })
      added.current = stepIn(picking.kind, alias, '[data-alias]')
      setSaid(`${alias} was added.`)
    },
    rename(from: string, to: string) {
      setRenamed((was) => new Map(was).set(to, keyOf(from)))
      draft.update((config) => renameStep(config, kind, from, to))
      setSaid(`${from} is called ${to} now.`)
    },
    move(alias: string, by: -1 | 1) {
      const to = aliases.indexOf(alias) + by
      draft.update((config) => moveStep(config, kind, alias, to))
      setSaid(`${alias} is ${to + 1} of ${aliases.length} now.`)
      // At either end the button that was pressed has nothing more to do.
      focusSoon(stepIn(kind, alias, `[data-move="${by}"]:enabled`), stepIn(kind, alias, '[data-move]:enabled'))
    },
    remove(alias: string) {
      setRemoved(removedStep(draft.config, kind, alias))
      draft.update((config) => removeStep(config, kind, alias))
      focusSoon(`${sectionOf(kind)} [data-undo]`)
    },
    undo({ alias, before }: RemovedStep) {
      draft.update((config) => putStepBack(config, kind, alias, before))
      setRemoved(null)
      setSaid(`${alias} is back.`)
      focusSoon(stepIn(kind, alias, '[data-alias]'))
    },
    forgetRemoved() {
      setRemoved(null)
      focusSoon(`${sectionOf(kind)} [data-add]`)
    },
  }
}

const sectionOf = (kind: ChainKind) => `#section-${kind}`
const stepIn = (kind: ChainKind, alias: string, within: string) =>
  `${sectionOf(kind)} [data-step="${CSS.escape(alias)}"] ${within}`
