import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import type { Budget } from '#server/topics/budget.ts'
import { bytesOf } from '#server/topics/raw-record.ts'
import { requireLeaders } from '#server/topics/readable-topic.ts'
import type { LogReader } from '#server/topics/session.ts'

/** Offsets `from` up to, not including, `to`. */
export interface Stretch {
  partition: number
  from: number
  to: number
}

/** A log whose end is promised answers within this; where it does not, its end is gone. */
const quietMs = 2_000

/**
 * Reads stretches of a topic, several partitions side by side. `visit` gets what arrives and says whether it wants more of
 * that partition. Ends early when the budget is spent, or when Kafka is there but has nothing more (records were cut off
 * meanwhile); rejects when the topic or Kafka is gone, or the reader was ended. Answers the partitions that the budget was
 * too small for.
 */
export async function scan(
  reader: LogReader,
  topic: string,
  stretches: readonly Stretch[],
  budget: Budget,
  visit: (fetched: FetchedPartition, below: number) => boolean,
): Promise<ReadonlySet<number>> {
  const { client, fetcher, signal } = reader
  const { clock } = client
  const open = new Map(stretches.filter(({ from, to }) => from < to).map((each) => [each.partition, each]))
  fetcher.assign([...open.values()].map(({ partition, from }) => ({ topic, partition, offset: from })))
  const finish = (partition: number) => {
    open.delete(partition)
    fetcher.unassign([{ topic, partition }])
  }

  try {
    let lastAt = clock.monotonic()
    while (open.size > 0 && !budget.spent) {
      const fetched = await fetcher.poll(signal)
      signal.throwIfAborted()
      for (const part of fetched) {
        const stretch = open.get(part.partition)
        if (!stretch) continue
        budget.spend(bytesOf(part))
        const wantsMore = visit(part, stretch.to)
        if (!wantsMore || part.nextOffset >= stretch.to) finish(part.partition)
      }
      // An offset that retention has passed moves the position by itself, perhaps beyond the stretch.
      for (const { partition, to } of open.values()) {
        if ((fetcher.position({ topic, partition }) ?? 0) >= to) finish(partition)
      }
      if (fetched.length > 0) lastAt = clock.monotonic()
      else if (clock.monotonic() - lastAt >= quietMs) {
        await requireLeaders(client, topic)
        return new Set()
      }
    }
    return new Set(open.keys())
  } finally {
    for (const partition of open.keys()) finish(partition)
  }
}
