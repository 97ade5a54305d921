import type { ReadQuery, TopicRecord } from '#server/contract/topics.ts'
import { createBudget, pageBudget } from '#server/topics/budget.ts'
import { containing } from '#server/topics/contains.ts'
import { type LedPartition, type OffsetRange, offsetsAt } from '#server/topics/offsets.ts'
import { readNewest, type Wanted } from '#server/topics/read-newest.ts'
import { readOnward } from '#server/topics/read-onward.ts'
import { readableTopic } from '#server/topics/readable-topic.ts'
import type { Stretch } from '#server/topics/scan.ts'
import { pageMaxWaitMs, type Session } from '#server/topics/session.ts'
import { showRecord } from '#server/topics/show-record.ts'

/** One page of committed records, oldest first. Rejects as `readableTopic`, or with KafkaError. */
export async function readPage(session: Session, query: ReadQuery): Promise<TopicRecord[]> {
  const { client } = session
  const { partitions, ranges } = await readableTopic(session, query.topic, query.partition)
  const wanted: Wanted<TopicRecord> = {
    topic: query.topic,
    filter: containing(query.contains),
    limit: query.limit,
    keep: (record) => showRecord(record, query.format),
    budget: createBudget(client.clock, pageBudget),
  }
  const reader = { client, signal: session.signal, fetcher: session.openFetcher(pageMaxWaitMs) }
  if (query.from.at === 'newest') return readNewest(reader, ranges, wanted)
  return readOnward(reader, await stretchesOf(session, query.from, partitions, ranges), wanted)
}

async function stretchesOf(
  { client }: Session,
  from: Exclude<ReadQuery['from'], { at: 'newest' }>,
  partitions: readonly LedPartition[],
  ranges: readonly OffsetRange[],
): Promise<Stretch[]> {
  const upToEnd = (startOf: (range: OffsetRange) => number) =>
    ranges.map((range) => ({ partition: range.partition, from: Math.max(range.start, startOf(range)), to: range.end }))
  switch (from.at) {
    case 'oldest':
      return upToEnd(({ start }) => start)
    case 'offset':
      return upToEnd(() => from.offset)
    case 'time': {
      // Negative times are Kafka's words for the ends of the log; no record is older than 1970.
      const found = await offsetsAt(client, partitions, Math.max(0, Math.trunc(from.ms)))
      const offsetOf = new Map(found.map(({ partition, offset }) => [partition, offset]))
      return upToEnd(({ partition, end }) => {
        const offset = offsetOf.get(partition) ?? -1
        return offset === -1 ? end : offset
      })
    }
  }
}
