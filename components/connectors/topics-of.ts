import type { ConnectorConfig } from '#server/contract/connector.ts'

/** The topics that a connector has used, then those that its config names and that have had no record yet. */
export function topicsOf(active: readonly string[], config: ConnectorConfig): string[] {
  const named = [config.topics, config.topic].flatMap((value) => (value ?? '').split(',')).map((topic) => topic.trim())
  return [...new Set([...active, ...named])].filter((topic) => topic !== '')
}
