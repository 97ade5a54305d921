/** Versions from, to (both inclusive; 32767 stands for "and later"). */
export type VersionRange = readonly [number, number]

type Scalar =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  /** An int64 whose values do not fit a number. */
  | 'bigint'
  | 'float64'
  | 'uuid'
  | 'string'
  | 'bytes'
  /** Record batches: never decoded here, written without a copy. */
  | 'records'
  | 'struct'

export type FieldType = Scalar | `[]${Scalar}`

export interface FieldDetail {
  readonly nullable?: VersionRange
  readonly tag?: number
  readonly tagged?: VersionRange
  /** What the field reads as in versions that lack it, and what is written when it is not given. */
  readonly fallback?: string | number | boolean | bigint | null
  /** Whether a value is dropped silently where the version lacks the field; otherwise that is an error. */
  readonly ignorable?: boolean
  /** Versions in which the field is written compactly, where that differs from the message's. */
  readonly flexible?: VersionRange
  readonly fields?: readonly FieldSchema[]
}

export type FieldSchema = readonly [name: string, type: FieldType, versions: VersionRange, detail?: FieldDetail]

export interface ApiSchema {
  readonly key: number
  readonly min: number
  readonly max: number
  /** The first version with compact lengths and tagged fields (KIP-482). */
  readonly flexibleFrom: number
  readonly request: readonly FieldSchema[]
  readonly response: readonly FieldSchema[]
}

/** Versioned bytes that carry their own version in front and are never compact. */
export interface DataSchema {
  readonly max: number
  readonly fields: readonly FieldSchema[]
}
