/** The types of Kafka's `ConfigDef.Type`, in the words of the REST API. */
export const fieldTypes = ['BOOLEAN', 'STRING', 'INT', 'SHORT', 'LONG', 'DOUBLE', 'LIST', 'CLASS', 'PASSWORD'] as const
export type FieldType = (typeof fieldTypes)[number]

/** A check as data, so that it travels to the browser and into the docs. Messages are Kafka's (`ConfigDef.Validator`). */
export type FieldCheck =
  | { check: 'range'; min?: number; max?: number }
  | { check: 'one-of'; values: readonly string[]; ignoreCase?: boolean }
  | { check: 'non-null' }
  | { check: 'non-empty' }
  | { check: 'non-empty-without-control-characters' }
  | { check: 'regex' }
  /** For lists: no duplicates, and which emptiness is allowed (KIP-1161). */
  | { check: 'list'; allowEmpty: boolean; allowNull?: boolean }
  /** For lists, in the words of Kafka's older validator. */
  | { check: 'non-empty-list' }
  | { check: 'unique-aliases' }
  | { check: 'class'; of: 'converter' | 'header_converter' | 'transformation' | 'predicate' | 'connector' }

/** One setting of a plugin: plain data, from which the form, the validator, the REST answer and the docs follow. */
export interface ConfigField<Value = unknown> {
  type: FieldType
  /** One sentence or more, each ending with a period. Kafka's own text for Kafka's own keys. */
  doc: string
  importance: 'HIGH' | 'MEDIUM' | 'LOW'
  /** Absent: the setting is required. null: optional without a default. */
  default?: Value | null
  checks?: readonly FieldCheck[]
  group?: string
  order?: number
  width?: 'NONE' | 'SHORT' | 'MEDIUM' | 'LONG'
  displayName?: string
  /** Keys whose visibility or recommendations depend on this one. */
  dependents?: readonly string[]
  /** Values to choose from; others stay possible. */
  recommended?: readonly string[]
  /** In place of `recommended` while another field has one of these values; the first that fits counts. */
  recommendedWhen?: readonly { field: string; in: readonly string[]; values: readonly string[] }[]
  /** Shown only when another field has one of these values. */
  visibleWhen?: { field: string; in: readonly string[] }
  /** A value that works, for the docs and the form's placeholder. Validated by a test. */
  example?: string
  /** In place of the default of ours beside Kafka's: what to write instead, when the key is deprecated. */
  deprecated?: string
}

export type Fields = Record<string, ConfigField>

/** Marks, for the compiler alone, a field whose default is null: its value may be. */
declare const nullable: unique symbol

type Presence<F, T> = F extends { readonly [nullable]: true } ? T | null : T

/** The typed config that a table of fields describes. */
export type ConfigOf<F extends Fields> = {
  [K in keyof F]: F[K] extends ConfigField<infer T> ? Presence<F[K], T> : never
}

/** A definition as GET /connector-plugins/{plugin}/config answers it (`ConfigKeyInfo`). */
export interface ConfigKeyInfo {
  name: string
  type: FieldType
  required: boolean
  defaultValue: string | null
  importance: 'HIGH' | 'MEDIUM' | 'LOW'
  documentation: string
  group: string | null
  orderInGroup: number
  width: 'NONE' | 'SHORT' | 'MEDIUM' | 'LONG'
  displayName: string
  dependents: string[]
}

type Described = { doc: string; importance: 'high' | 'medium' | 'low' } & Partial<
  Omit<ConfigField, 'type' | 'doc' | 'importance' | 'default'>
>

function field<Value, const O extends Described & { default?: Value | null }>(type: FieldType, options: O) {
  const { importance, ...rest } = options
  return { ...rest, type, importance: importance.toUpperCase() } as unknown as ConfigField<Value> &
    (O extends { default: null } ? { readonly [nullable]: true } : unknown)
}

/** The constructors that a plugin's `config.ts` reads like a table with. */
export const text = <const O extends Described & { default?: string | null }>(o: O) => field<string, O>('STRING', o)
export const int = <const O extends Described & { default?: number | null }>(o: O) => field<number, O>('INT', o)
export const short = <const O extends Described & { default?: number | null }>(o: O) => field<number, O>('SHORT', o)
export const long = <const O extends Described & { default?: number | null }>(o: O) => field<number, O>('LONG', o)
export const double = <const O extends Described & { default?: number | null }>(o: O) => field<number, O>('DOUBLE', o)
export const flag = <const O extends Described & { default?: boolean | null }>(o: O) => field<boolean, O>('BOOLEAN', o)
export const list = <const O extends Described & { default?: readonly string[] | null }>(o: O) =>
  field<readonly string[], O>('LIST', o)
export const classOf = <const O extends Described & { default?: string | null }>(o: O) => field<string, O>('CLASS', o)
export const secret = <const O extends Described & { default?: string | null }>(o: O) => field<string, O>('PASSWORD', o)
