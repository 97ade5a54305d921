import { Decimal } from '#server/sdk/decimal.ts'

/** A JSON number with a fraction or an exponent, as it was written. */
export class JsonDecimal {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** The nearest FLOAT64; zero has no sign (Java: `BigDecimal`). */
  toNumber(): number {
    return Number(this.text) + 0
  }

  toDecimal(): Decimal | undefined {
    return Decimal.parse(this.text)
  }
}

/** JSON without loss: an integer is a `number` when a double holds it exactly, else a `bigint`; keys stay in their order. */
export type JsonNode =
  | null
  | boolean
  | string
  | number
  | bigint
  | JsonDecimal
  | readonly JsonNode[]
  | ReadonlyMap<string, JsonNode>

export const isJsonObject = (node: JsonNode | undefined): node is ReadonlyMap<string, JsonNode> => node instanceof Map
export const isJsonArray = (node: JsonNode | undefined): node is readonly JsonNode[] => Array.isArray(node)

/** The kind of a node, in the words of Kafka Connect's messages (Jackson: `JsonNodeType`). */
export function jsonTypeOf(node: JsonNode): string {
  if (node === null) return 'NULL'
  if (typeof node === 'string') return 'STRING'
  if (typeof node === 'boolean') return 'BOOLEAN'
  if (isJsonObject(node)) return 'OBJECT'
  return isJsonArray(node) ? 'ARRAY' : 'NUMBER'
}
