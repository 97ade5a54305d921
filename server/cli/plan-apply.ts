import type { PasswordKeys } from '#server/console/password-keys.ts'
import type { ConnectorConfig } from '#server/contract/connector.ts'
import { isSecret } from '#server/contract/secret-values.ts'

/** One key in which a config is going to differ; undefined stands for "not there". */
export interface KeyChange {
  key: string
  before: string | null | undefined
  after: string | null | undefined
}

export type ApplyStep =
  | { step: 'create'; name: string; config: ConnectorConfig }
  | { step: 'change'; name: string; config: ConnectorConfig; changes: KeyChange[] }
  | { step: 'same'; name: string }
  | { step: 'delete'; name: string }

/**
 * What has to happen so that the cluster has exactly what is wanted: creates first, deletes (only with `prune`) last, each
 * by name. A connector that is already as wanted is left alone.
 */
export function planApply(
  current: ReadonlyMap<string, ConnectorConfig>,
  wanted: ReadonlyMap<string, ConnectorConfig>,
  options: { prune: boolean },
): ApplyStep[] {
  const steps: ApplyStep[] = [...wanted].sort(byName).map(([name, config]) => {
    const known = current.get(name)
    if (!known) return { step: 'create', name, config }
    const changes = changesBetween(known, config)
    return changes.length === 0 ? { step: 'same', name } : { step: 'change', name, config, changes }
  })
  const surplus = options.prune ? [...current.keys()].filter((name) => !wanted.has(name)).sort() : []
  const order = { create: 0, change: 1, same: 2, delete: 3 }
  return [...steps, ...surplus.map((name) => ({ step: 'delete', name }) as const)].sort(
    (a, b) => order[a.step] - order[b.step],
  )
}

function changesBetween(before: ConnectorConfig, after: ConnectorConfig): KeyChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return keys
    .map((key) => ({ key, before: at(before, key), after: at(after, key) }))
    .filter((change) => change.before !== change.after)
}

const at = (config: ConnectorConfig, key: string) => (Object.hasOwn(config, key) ? config[key] : undefined)
const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : a > b ? 1 : 0)

/** A plan that may be printed: without what a terminal's history should not hold. */
export const hideSecretsOf = (steps: readonly ApplyStep[], passwordKeys: PasswordKeys): Promise<ApplyStep[]> =>
  Promise.all(
    steps.map(async (step) => {
      if (step.step !== 'create' && step.step !== 'change') return step
      const isPassword = await passwordKeys(step.config)
      const shown = <Value extends string | null | undefined>(key: string, value: Value) =>
        typeof value === 'string' && isSecret(key, value, (name) => isPassword(name) || soundsSecret.test(name))
          ? '(hidden)'
          : value
      const config = Object.fromEntries(Object.entries(step.config).map(([key, value]) => [key, shown(key, value)]))
      if (step.step === 'create') return { ...step, config }
      const changes = step.changes.map(({ key, before, after }) => ({
        key,
        before: shown(key, before),
        after: shown(key, after),
      }))
      return { ...step, config, changes }
    }),
  )

/** Where the plugin is not there to say so, a key that sounds like a secret is taken for one. */
const soundsSecret = /password|passwd|secret|token|credential|api[._-]?key|private[._-]?key|jaas/i

/** A plan for people, as a diff: `+` comes, `-` goes, `~` changes. */
export function describePlan(steps: readonly ApplyStep[]): string {
  return steps.map(describeStep).join('\n')
}

function describeStep(step: ApplyStep): string {
  switch (step.step) {
    case 'create': {
      const lines = Object.entries(step.config).map(([key, value]) => `    + ${key}=${shown(value)}`)
      return [`+ ${step.name}`, ...lines].join('\n')
    }
    case 'change': {
      const lines = step.changes.flatMap(({ key, before, after }) => [
        ...(before === undefined ? [] : [`    - ${key}=${shown(before)}`]),
        ...(after === undefined ? [] : [`    + ${key}=${shown(after)}`]),
      ])
      return [`~ ${step.name}`, ...lines].join('\n')
    }
    case 'same':
      return `= ${step.name}`
    case 'delete':
      return `- ${step.name}`
  }
}

const shown = (value: string | null): string => value ?? '(null)'
