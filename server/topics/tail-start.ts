import type { TailQuery } from '#server/contract/topics.ts'
import { createBudget, pageBudget } from '#server/topics/budget.ts'
import type { KnownTopic } from '#server/topics/known-topic.ts'
import type { Placed } from '#server/topics/merge.ts'
import { readNewest } from '#server/topics/read-newest.ts'
import { readableTopic } from '#server/topics/readable-topic.ts'
import { pageMaxWaitMs, type Session } from '#server/topics/session.ts'

/** Where a tail begins, and where the topic ended at that time. */
export interface TailStart {
  topic: KnownTopic
  next: Map<number, number>
  ends: Map<number, number>
}

/**
 * Goes on at the place of an earlier tail, else so many records before the end: the newest of all partitions together, so
 * that each partition begins at the first of its own among them, or at its end.
 */
export async function tailStart(session: Session, query: TailQuery): Promise<TailStart> {
  const { topic, partitions, ranges } = await readableTopic(session, query.topic, query.partition)
  const ends = new Map(ranges.map(({ partition, end }) => [partition, end]))
  if (query.from) {
    const places = new Map(query.from.next.map(({ partition, offset }) => [partition, offset]))
    // A partition that the earlier tail did not know was added after it, so all of its records are new.
    return { topic, ends, next: new Map(partitions.map(({ partition }) => [partition, places.get(partition) ?? 0])) }
  }
  const { client, signal } = session
  const fetcher = session.openFetcher(pageMaxWaitMs)
  const wanted = {
    topic: query.topic,
    filter: undefined,
    limit: query.backlog,
    keep: ({ partition, offset, timestamp }: Placed) => ({ partition, offset, timestamp }),
    budget: createBudget(client.clock, pageBudget),
  }
  const backlog = await readNewest({ client, signal, fetcher }, ranges, wanted)
  await fetcher[Symbol.asyncDispose]()
  const next = new Map(ends)
  for (const { partition, offset } of backlog) next.set(partition, Math.min(offset, next.get(partition) ?? offset))
  return { topic, ends, next }
}
