import type { ConnectorConfig } from '#server/contract/connector.ts'

export type ParsedText = { ok: true; config: ConnectorConfig } | { ok: false; message: string }

export const printConfig = (config: ConnectorConfig): string => JSON.stringify(config, null, 2)

/**
 * Reads what people paste: a flat object, or the body of POST /connectors (`{"name": …, "config": {…}}`).
 * Numbers and booleans become text, as Kafka Connect does; anything nested is refused by name.
 */
export function parseConfigText(text: string): ParsedText {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : 'This is not JSON.' }
  }
  if (!isObject(value)) return { ok: false, message: 'A config is one JSON object of keys and values.' }
  if (isObject(value.config)) {
    value = typeof value.name === 'string' ? { name: value.name, ...value.config } : value.config
  }
  const entries: [string, string | null][] = []
  for (const [key, given] of Object.entries(value as Record<string, unknown>)) {
    if (given === null || typeof given === 'string') entries.push([key, given])
    else if (typeof given === 'number' || typeof given === 'boolean') entries.push([key, String(given)])
    else return { ok: false, message: `The value of "${key}" has to be text, a number or a boolean.` }
  }
  return { ok: true, config: Object.fromEntries(entries) }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
