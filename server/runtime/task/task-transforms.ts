import { ConnectError } from '#server/contract/errors.ts'
import { parseConfig } from '#server/core/config-def.ts'
import { type ChainPlugin, type ChainStep, transformChain } from '#server/core/transform-chain.ts'
import type { RecordAtHand } from '#server/runtime/task/record-at-hand.ts'
import type { OwnPlugin } from '#server/runtime/task/task-plugins.ts'
import type { Tolerance } from '#server/runtime/task/tolerance.ts'
import type { ConnectRecord, Predicate, PredicatePlugin, Transform, TransformPlugin } from '#server/sdk/transform.ts'

/** Transforms and predicates, each under the names that a config may call it by. */
export interface RecordPlugins {
  readonly transforms: readonly (TransformPlugin & { aliases: readonly string[] })[]
  readonly predicates: readonly (PredicatePlugin & { aliases: readonly string[] })[]
}

/** The chain of transforms of one task. */
export interface TaskTransforms {
  /**
   * The record that the chain makes of one: null when a transform dropped it, undefined when tolerance leaves it out. The
   * given record stays as it is.
   */
  apply<R extends ConnectRecord>(record: R, tolerance: Tolerance, atHand: RecordAtHand): R | null | undefined
}

/** A transform with its predicate, and under which class it is reported. */
export interface TransformStage {
  alias: string
  className: string
  /** Whether its predicate wants the record transformed; absent: every record is. */
  applies?: (record: ConnectRecord) => boolean
  run: Transform['apply']
}

/** The chain that a connector's config asks for; undefined when it asks for none. Throws CONFIG_INVALID. */
export function createTaskTransforms(
  plugins: RecordPlugins,
  connector: Readonly<Record<string, string>>,
  own: OwnPlugin,
): TaskTransforms | undefined {
  const stages = transformStages(plugins, connector, own).map(({ className, applies, run }) => ({
    className,
    run: applies ? (record: ConnectRecord) => (applies(record) ? run(record) : record) : run,
  }))
  if (stages.length === 0) return undefined
  return {
    apply<R extends ConnectRecord>(record: R, tolerance: Tolerance, atHand: RecordAtHand) {
      let current: ConnectRecord | null | undefined = record
      for (const [nth, { className, run }] of stages.entries()) {
        const given: ConnectRecord = current
        current = tolerance.attempt<ConnectRecord | null>('TRANSFORMATION', className, () => run(given), atHand, nth)
        if (!current) return current
      }
      // A transform may change where a record goes, never whether it comes from a source or goes to a sink.
      return current as R
    },
  }
}

/** The steps of the chain that a connector's config asks for, in their order. Throws CONFIG_INVALID. */
export const transformStages = (
  plugins: RecordPlugins,
  connector: Readonly<Record<string, string>>,
  own: OwnPlugin,
): TransformStage[] => transformChain(connector).map((step) => stageOf(plugins, step, own))

function stageOf(plugins: RecordPlugins, step: ChainStep, own: OwnPlugin): TransformStage {
  const { class: className, ...plugin } = pluginOf(plugins.transforms, step, 'transforms')
  const made: Transform = plugin.create(typed(plugin.config, step, 'transforms'))
  const transform = own(`the transform ${step.alias}`, made)
  const stage = { alias: step.alias, className, run: (record: ConnectRecord) => transform.apply(record) }
  if (!step.predicate) return stage
  const { negate } = step.predicate
  const found = pluginOf(plugins.predicates, step.predicate, 'predicates')
  const asked: Predicate = found.create(typed(found.config, step.predicate, 'predicates'))
  const predicate = own(`the predicate ${step.predicate.alias} of ${step.alias}`, asked)
  return { ...stage, applies: (record) => predicate.test(record) !== negate }
}

type Listed = { class: string; aliases: readonly string[] }

/** The plugin that a config calls by this name; undefined when there is none. */
export const namedPlugin = <P extends Listed>(plugins: readonly P[], name: string): P | undefined =>
  plugins.find((plugin) => plugin.class === name) ?? plugins.find((plugin) => plugin.aliases.includes(name))

function pluginOf<P extends Listed>(plugins: readonly P[], { alias, class: name }: ChainPlugin, list: string): P {
  const found = namedPlugin(plugins, name)
  if (found) return found
  const field = `${list}.${alias}.type`
  const message = name
    ? `Invalid value ${name} for configuration ${field}: Class ${name} could not be found.`
    : `Missing required configuration "${field}" which has no default value.`
  throw new ConnectError('CONFIG_INVALID', message, { problems: [{ field, message }] })
}

function typed(fields: TransformPlugin['config'], { alias, config }: ChainPlugin, list: string): never {
  const parsed = parseConfig(fields, config)
  if (parsed.ok) return parsed.value as never
  const problems = parsed.problems.map(({ field, message }) => ({ field: `${list}.${alias}.${field}`, message }))
  throw new ConnectError('CONFIG_INVALID', problems.map(({ message }) => message).join('\n'), { problems })
}
