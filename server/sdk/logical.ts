import { type AttributeInput, type PrimitiveSchema, type Schema, schema } from '#server/sdk/schema.ts'

/** The schema names that give a primitive type another meaning (Kafka: package `org.apache.kafka.connect.data`). */
export const logicalNames = {
  decimal: 'org.apache.kafka.connect.data.Decimal',
  date: 'org.apache.kafka.connect.data.Date',
  time: 'org.apache.kafka.connect.data.Time',
  timestamp: 'org.apache.kafka.connect.data.Timestamp',
} as const

export type Logical = keyof typeof logicalNames

const bases = { decimal: 'BYTES', date: 'INT32', time: 'INT32', timestamp: 'INT64' } as const
const byName = new Map<string, Logical>(Object.entries(logicalNames).map(([key, name]) => [name, key as Logical]))

/** Which logical type a schema's name stands for; undefined for a name of somebody else. */
export const logicalOf = (of: Schema): Logical | undefined => (of.name === undefined ? undefined : byName.get(of.name))

const build = (logical: Logical, input: AttributeInput = {}): PrimitiveSchema =>
  schema.primitive(bases[logical], { version: 1, ...input, name: logicalNames[logical] })

/** Schemas of the logical types. Values are `Decimal`, and `Date` for the other three. */
export const logical = {
  /** An exact number with this many digits behind the point. */
  decimal: (scale: number, input: AttributeInput = {}): PrimitiveSchema =>
    build('decimal', { ...input, parameters: { scale: `${scale}` } }),
  /** A day: midnight UTC. */
  date: (input?: AttributeInput): PrimitiveSchema => build('date', input),
  /** A time of day: less than 24 hours after the epoch. */
  time: (input?: AttributeInput): PrimitiveSchema => build('time', input),
  timestamp: (input?: AttributeInput): PrimitiveSchema => build('timestamp', input),
}
