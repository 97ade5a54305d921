import type { ConfigOf, Fields } from '#server/contract/config-field.ts'
import type { Closeable } from '#server/sdk/closeable.ts'
import { pluginKind } from '#server/sdk/connector.ts'
import type { SinkRecord, SourceRecord } from '#server/sdk/records.ts'

/** A record on either way (Kafka: `ConnectRecord`). Only a sink record has an `offset`. */
export type ConnectRecord = SourceRecord | SinkRecord

/** Changes single records between a connector and its converters (Kafka: `Transformation`). */
export interface Transform extends Closeable {
  /**
   * The record that goes on in place of the given one, which stays as it is; null drops it. Throws `DataError` for a record
   * that it cannot change; the connector's `errors.tolerance` decides what becomes of that record.
   */
  apply(record: ConnectRecord): ConnectRecord | null
}

/** Decides whether a transform is applied to a record (Kafka: `Predicate`, KIP-585). */
export interface Predicate extends Closeable {
  test(record: ConnectRecord): boolean
}

/** Messages about single settings, by their own key. */
export type SettingErrors = Readonly<Record<string, readonly string[]>>

interface RecordPluginDescription<F extends Fields> {
  /** The Java class where Kafka users know one, else `sluice.<kind>.<Name>`. */
  class: string
  version: string
  /** One sentence for the catalog and the reference. */
  summary: string
  config: F
  /** Settings that work as they stand, without `type`. */
  example: Record<string, string>
  /** What is wrong beyond what the table of settings can say; asked when a config is validated, and before `create`. */
  validate?(config: ConfigOf<F>): SettingErrors
}

export interface TransformDefinition<F extends Fields = Fields> extends RecordPluginDescription<F> {
  /** Throws `ConnectError` CONFIG_INVALID for settings that contradict one another. */
  create(config: ConfigOf<F>): Transform
}

export interface PredicateDefinition<F extends Fields = Fields> extends RecordPluginDescription<F> {
  create(config: ConfigOf<F>): Predicate
}

export type TransformPlugin = TransformDefinition & { readonly [pluginKind]: 'transformation' }
export type PredicatePlugin = PredicateDefinition & { readonly [pluginKind]: 'predicate' }

/** Introduces a transform. */
export const defineTransform = <const F extends Fields>(definition: TransformDefinition<F>): TransformPlugin =>
  ({ ...definition, [pluginKind]: 'transformation' }) as unknown as TransformPlugin

/** Introduces a predicate. */
export const definePredicate = <const F extends Fields>(definition: PredicateDefinition<F>): PredicatePlugin =>
  ({ ...definition, [pluginKind]: 'predicate' }) as unknown as PredicatePlugin
