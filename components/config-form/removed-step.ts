import { aliasesOf, askersOf, type ChainKind, keysOfStep } from '#components/config-form/chain.ts'
import type { ConnectorConfig } from '#server/contract/connector.ts'

/** A step that was removed, with all that it takes to bring it back. */
export interface RemovedStep {
  alias: string
  /** Where it stood, counted from 0. */
  at: number
  keys: string[]
  /** Of a predicate: the transforms that still ask for it. */
  askers: string[]
  before: ConnectorConfig
}

export const removedStep = (before: ConnectorConfig, kind: ChainKind, alias: string): RemovedStep => ({
  alias,
  at: aliasesOf(before, kind).indexOf(alias),
  keys: keysOfStep(before, kind, alias),
  askers: kind === 'predicates' ? askersOf(before, alias) : [],
  before,
})
