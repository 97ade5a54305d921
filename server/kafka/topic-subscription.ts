import type { KafkaClient } from '#server/kafka/client.ts'

/** Names, or a test for names (`topics.regex`). */
export type Subscribe = { topics: readonly string[] } | { matches: (topic: string) => boolean }

/** Which topics a consumer subscribes to, as the cluster last said. */
export interface TopicSubscription {
  readonly topics: readonly string[]
  /** Partitions of each topic that exists. */
  readonly partitionCounts: ReadonlyMap<string, number>
  /** Asks again, also for topics that others subscribe to; true when what this one subscribes to, or its partitions, changed. */
  look(others?: readonly string[]): Promise<boolean>
  /** Whether it is time to ask again: sooner while a topic is missing. */
  isDue(): boolean
}

/** While a topic is missing it is looked for this often. */
const missingTopicRetryMs = 1_000

export function createTopicSubscription(
  client: KafkaClient,
  subscribe: Subscribe,
  metadataMaxAgeMs: number,
): TopicSubscription {
  const { clock } = client
  const named = 'topics' in subscribe ? subscribe.topics : undefined
  let topics: string[] = []
  let partitionCounts = new Map<string, number>()
  let lookedAt = 0

  const state = () =>
    topics
      .map((topic) => `${topic}:${partitionCounts.get(topic) ?? 0}`)
      .sort()
      .join()

  return {
    get topics() {
      return topics
    },
    get partitionCounts() {
      return partitionCounts
    },
    async look(others = []) {
      const found = await client.metadata(named && [...new Set([...named, ...others])], { create: true })
      lookedAt = clock.monotonic()
      const before = state()
      partitionCounts = new Map(found.map(({ name, partitions }) => [name, partitions.length]))
      topics = 'topics' in subscribe ? [...subscribe.topics] : found.map(({ name }) => name).filter(subscribe.matches)
      return state() !== before
    },
    isDue() {
      const missing = named?.some((topic) => !partitionCounts.has(topic)) ?? false
      return clock.monotonic() - lookedAt >= (missing ? missingTopicRetryMs : metadataMaxAgeMs)
    },
  }
}
