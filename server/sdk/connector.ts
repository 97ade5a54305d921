import type { ConfigOf, FieldCheck, Fields } from '#server/contract/config-field.ts'
import type { OffsetChange } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { ConnectionTester } from '#server/sdk/connection-tester.ts'
import type { SinkTask, SinkTaskContext } from '#server/sdk/sink-task.ts'
import type { SourceTask, SourceTaskContext } from '#server/sdk/source-task.ts'

/** What a connector instance is given when it starts. */
export interface ConnectorContext {
  readonly connector: string
  readonly logger: Logger
  /** Asks for a new round of `taskConfigs`, because what the tasks should do has changed. */
  requestTaskReconfiguration(): void
  /** Fails the connector. */
  raiseError(error: unknown): void
}

/** The part that decides how the work is shared out; the work itself is the tasks'. `stop` is the disposal. */
export interface ConnectorInstance extends AsyncDisposable {
  start?(): Promise<void> | void
  /** The configs of at most `max` tasks. Without it: one task with the connector's config. */
  taskConfigs?(max: number): Promise<Record<string, string>[]> | Record<string, string>[]
}

/** Kafka: `ExactlyOnceSupport`, `ConnectorTransactionBoundaries`. In capitals; any other answer is an error. */
export type Support = 'SUPPORTED' | 'UNSUPPORTED'

/** What a connector's `load` brings: the code, read when the first instance needs it. */
export interface SourceModule<F extends Fields> {
  createConnector?(config: ConfigOf<F>, context: ConnectorContext, raw: Record<string, string>): ConnectorInstance
  createTask(config: ConfigOf<F>, context: SourceTaskContext, raw: Record<string, string>): SourceTask
  validate?(raw: Record<string, string>): Promise<Record<string, string[]>> | Record<string, string[]>
  /**
   * Whether tasks with this config lose and repeat nothing where a transaction has records and offsets; null: no opinion.
   * Asked when a config has `exactly.once.support=required`, which any answer but SUPPORTED refuses.
   */
  exactlyOnceSupport?(raw: Record<string, string>): Support | null
  /** Whether tasks with this config can say where transactions end. Without it they cannot. */
  canDefineTransactionBoundaries?(raw: Record<string, string>): Support | null
  /** Checks offsets that a person wants to store; throws what is wrong with them. False: no opinion. */
  alterOffsets?(raw: Record<string, string>, offsets: readonly OffsetChange[]): Promise<boolean> | boolean
  /** Tries whether it could work: can it find, reach and sign in to its system, and may it do there what it has to? */
  testConnection?(config: ConfigOf<F>, tester: ConnectionTester): Promise<void>
}

export interface SinkModule<F extends Fields> {
  createConnector?(config: ConfigOf<F>, context: ConnectorContext, raw: Record<string, string>): ConnectorInstance
  createTask(config: ConfigOf<F>, context: SinkTaskContext, raw: Record<string, string>): SinkTask
  validate?(raw: Record<string, string>): Promise<Record<string, string[]>> | Record<string, string[]>
  alterOffsets?(raw: Record<string, string>, offsets: readonly OffsetChange[]): Promise<boolean> | boolean
  /** Tries whether it could work: can it find, reach and sign in to its system, and may it do there what it has to? */
  testConnection?(config: ConfigOf<F>, tester: ConnectionTester): Promise<void>
}

interface ConnectorDescription<F extends Fields> {
  /** The Java class where Kafka users know one, else `sluice.<system>.<Name>Connector`. */
  class: string
  version: string
  title: string
  summary: string
  /** A short word for the system it talks to. */
  system: string
  config: F
  /** A config that works as it stands. */
  example: Record<string, string>
  /** The class name of its tasks, for `task.class`. */
  taskClass: string
  /**
   * How many tasks a connector without `taskConfigs` has: `one`, the default, or `many`: as many as `tasks.max` allows. Each
   * gets the connector's config.
   */
  tasks?: 'one' | 'many'
  /** Whether the module has a `validate` of its own. */
  validates?: boolean
  crossChecks?: readonly FieldCheck[]
}

export interface SourceDefinition<F extends Fields = Fields> extends ConnectorDescription<F> {
  /** What `exactlyOnceSupport` would answer for every config, for a module that has no such hook. */
  exactlyOnce?: Support
  load(): Promise<SourceModule<F>>
}

export interface SinkDefinition<F extends Fields = Fields> extends ConnectorDescription<F> {
  load(): Promise<SinkModule<F>>
}

/** Plugins are recognised by this mark, not by a class: a package may have been built against another copy of the SDK. */
export const pluginKind = Symbol.for('sluice.plugin.kind')

export type SourcePlugin = SourceDefinition & { readonly [pluginKind]: 'source' }
export type SinkPlugin = SinkDefinition & { readonly [pluginKind]: 'sink' }
export type ConnectorPlugin = SourcePlugin | SinkPlugin

/** Introduces a source connector. Nothing but this description is read until an instance is started. */
export const defineSource = <const F extends Fields>(definition: SourceDefinition<F>): SourcePlugin =>
  ({ ...definition, [pluginKind]: 'source' }) as unknown as SourcePlugin

/** Introduces a sink connector. */
export const defineSink = <const F extends Fields>(definition: SinkDefinition<F>): SinkPlugin =>
  ({ ...definition, [pluginKind]: 'sink' }) as unknown as SinkPlugin
