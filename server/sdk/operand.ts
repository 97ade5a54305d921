import type { ConfigOf, Fields } from '#server/contract/config-field.ts'
import type { Schema } from '#server/sdk/schema.ts'
import {
  type ConnectRecord,
  defineTransform,
  type Transform,
  type TransformDefinition,
  type TransformPlugin,
} from '#server/sdk/transform.ts'
import type { Value } from '#server/sdk/value.ts'

/** The part of a record that a transform works on. */
export interface Operand {
  schemaOf(record: ConnectRecord): Schema | null
  valueOf(record: ConnectRecord): Value
  /** The record with another key or value in place of its own. */
  replace(record: ConnectRecord, schema: Schema | null, value: Value): ConnectRecord
}

export const keyOperand: Operand = {
  schemaOf: (record) => record.keySchema ?? null,
  valueOf: (record) => record.key ?? null,
  replace: (record, keySchema, key) => ({ ...record, keySchema, key }),
}

export const valueOperand: Operand = {
  schemaOf: (record) => record.valueSchema ?? null,
  valueOf: (record) => record.value,
  replace: (record, valueSchema, value) => ({ ...record, valueSchema, value }),
}

/** A transform that comes as `X$Key` and `X$Value`; `create` is told which of the two it is. */
export interface KeyOrValueDefinition<F extends Fields> extends Omit<TransformDefinition<F>, 'create'> {
  create(config: ConfigOf<F>, operand: Operand): Transform
}

export function defineForKeyAndValue<const F extends Fields>(
  definition: KeyOrValueDefinition<F>,
): readonly [key: TransformPlugin, value: TransformPlugin] {
  const variant = (suffix: string, operand: Operand) =>
    defineTransform<F>({
      ...definition,
      class: `${definition.class}$${suffix}`,
      create: (config) => definition.create(config, operand),
    })
  return [variant('Key', keyOperand), variant('Value', valueOperand)]
}
