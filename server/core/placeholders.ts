import type { ConnectorConfig } from '#server/contract/connector.ts'

/** One `${provider:path:key}` or `${provider:key}` in a value. */
export interface Reference {
  /** The whole placeholder. */
  text: string
  /** The alias under which the worker knows the provider. */
  provider: string
  path: string
  key: string
}

/** Kafka's pattern (`ConfigTransformer.DEFAULT_PATTERN`): the path ends at the first colon, the key at the first brace. */
const placeholder = /\$\{([^}]*?):(?:([^}]*?):)?([^}]*?)\}/g

/** The placeholders of a value in their order. */
export function referencesIn(value: string): Reference[] {
  return [...value.matchAll(placeholder)].map(([text, provider = '', path = '', key = '']) => ({
    text,
    provider,
    path,
    key,
  }))
}

/** The value with its placeholders replaced; those without a value stay. What was put in is not looked at again. */
export function replaceReferences(value: string, lookUp: (text: string) => string | undefined): string {
  return value.replace(placeholder, (text) => lookUp(text) ?? text)
}

/** The keys whose value contains a placeholder of one of these providers (Kafka: `ConfigTransformer` leaves others alone). */
export function keysWithReferences(config: ConnectorConfig, providers: ReadonlySet<string>): string[] {
  return Object.entries(config).flatMap(([key, value]) =>
    typeof value === 'string' && referencesIn(value).some(({ provider }) => providers.has(provider)) ? [key] : [],
  )
}

/** A shorter value is found by chance in texts that have nothing to do with it. */
const tellingLength = 4

/**
 * Task configs as they may be stored (Kafka: `AbstractHerder.reverseTransform`): a key of the connector that has a
 * placeholder has it in the tasks, too; and where a connector copied a resolved value into a key of its own, its
 * placeholder stands there again. S-06.
 */
export function restorePlaceholders(
  tasks: readonly Readonly<Record<string, string>>[],
  raw: Readonly<Record<string, string>>,
  resolved: ReadonlyMap<string, string>,
): Record<string, string>[] {
  const referring = new Set(Object.keys(raw).filter((key) => referencesIn(raw[key] ?? '').some(isResolved)))
  const values = [...resolved].filter(([, value]) => value.length >= tellingLength)
  values.sort(([, a], [, b]) => b.length - a.length)

  function isResolved({ text }: Reference): boolean {
    return resolved.has(text)
  }

  return tasks.map((task) => {
    const entries = Object.entries(task).map(([key, value]): [string, string] => {
      if (referring.has(key)) return [key, raw[key] ?? value]
      // Somebody wrote it out: that it equals what a placeholder stands for is chance, and may not last.
      if (raw[key] === value) return [key, value]
      return [key, values.reduce((text, [reference, secret]) => text.replaceAll(secret, () => reference), value)]
    })
    return Object.fromEntries(entries)
  })
}
