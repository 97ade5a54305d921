import { ConnectError } from '#server/contract/errors.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import { createFetcher } from '#server/kafka/fetcher.ts'
import type { SinkConsumerOptions } from '#server/kafka/sink-consumer.ts'
import { isSubscribed } from '#server/kafka/topic-subscription.ts'
import type { ConsumedRecord } from '#server/runtime/task/record-at-hand.ts'

const mebibyte = 1024 * 1024
/** Bytes that are held at most, however wide the topics are. */
const budgetBytes = 32 * mebibyte
/** Partitions that are looked at; of a topic with more the first are enough to try a config on. */
const mostPartitions = 64

/**
 * The newest committed records of what a sink would read, oldest first, at most `limit`; fewer when the signal aborts. No group
 * is joined and no offset stored. Throws TOPIC_NOT_FOUND when there is no such topic.
 */
export async function newestRecords(
  client: KafkaClient,
  subscribe: SinkConsumerOptions['subscribe'],
  limit: number,
  signal: AbortSignal,
): Promise<ConsumedRecord[]> {
  const admin = createAdmin(client)
  const found = await admin.describeTopics('topics' in subscribe ? subscribe.topics : undefined)
  const topics = found.filter((topic) => isSubscribed(subscribe, topic))
  if (topics.length === 0) throw noTopic(subscribe)
  const partitions = topics
    .flatMap(({ name, partitions: each }) => each.map(({ partition }) => ({ topic: name, partition })))
    .slice(0, mostPartitions)
  const placeOf = ({ topic, partition }: { topic: string; partition: number }) => `${topic}-${partition}`
  const starts = new Map((await admin.listOffsets(partitions, 'earliest')).map((at) => [placeOf(at), at.offset]))
  const ends = await admin.listOffsets(partitions, 'latest', 'read_committed')
  const open = new Map(
    ends.flatMap(({ offset: end, ...at }) => {
      const from = Math.max(starts.get(placeOf(at)) ?? 0, end - limit)
      return from < end ? [[placeOf(at), { ...at, offset: from, end }] as const] : []
    }),
  )
  const records: ConsumedRecord[] = []
  if (open.size === 0) return records
  const fetcher = createFetcher(client, {
    isolation: 'read_committed',
    resetPolicy: 'earliest',
    maxWaitMs: 100,
    partitionMaxBytes: mebibyte,
    maxBytes: 8 * mebibyte,
  })
  try {
    fetcher.assign([...open.values()])
    let bytes = 0
    while (open.size > 0 && bytes < budgetBytes && !signal.aborted) {
      for (const fetched of await fetcher.poll(signal)) {
        const stretch = open.get(placeOf(fetched))
        if (!stretch) continue
        bytes += fetched.batches.reduce((sum, batch) => sum + batch.bytes.length, 0)
        records.push(...recordsOf(fetched, stretch.end))
      }
      // Markers and what compaction or retention took move the position by themselves.
      for (const [place, { end, ...at }] of open) {
        if ((fetcher.position(at) ?? 0) < end) continue
        open.delete(place)
        fetcher.unassign([at])
      }
    }
  } finally {
    await fetcher[Symbol.asyncDispose]()
  }
  return records
    .sort((a, b) => a.timestamp - b.timestamp || a.partition - b.partition || a.offset - b.offset)
    .slice(-limit)
}

function* recordsOf({ topic, partition, batches, startOffset }: FetchedPartition, end: number) {
  for (const batch of batches) {
    const index = batch.index()
    for (let at = 0; at < index.count; at++) {
      const offset = index.offset(at)
      if (offset < startOffset || offset >= end) continue
      yield {
        topic,
        partition,
        offset,
        key: index.key(at),
        value: index.value(at),
        headers: index.headers(at),
        timestamp: index.timestamp[at] ?? -1,
      }
    }
  }
}

function noTopic(subscribe: SinkConsumerOptions['subscribe']): ConnectError {
  if (!('topics' in subscribe))
    return new ConnectError('TOPIC_NOT_FOUND', "There is no topic that 'topics.regex' matches.")
  if (subscribe.topics.length === 0) {
    const message = "Neither 'topics' nor 'topics.regex' says which topics the sink reads."
    return new ConnectError('CONFIG_INVALID', message, { problems: [{ field: 'topics', message }] })
  }
  return new ConnectError('TOPIC_NOT_FOUND', `There is no topic ${subscribe.topics.join(' and no topic ')}.`)
}
