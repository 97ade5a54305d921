import { parseTailPlace, printTailPlace } from '#server/console/tail-place.ts'
import type { TailEvent, TailQuery, Topics } from '#server/contract/topics.ts'

/** A tail whose events carry their place as id; with `lastEventId` it goes on behind that event. */
export async function* followTopic(
  topics: Topics,
  { lastEventId, ...query }: TailQuery & { lastEventId?: string | null | undefined },
  signal: AbortSignal,
): AsyncGenerator<{ id: string; event: TailEvent }> {
  const from = lastEventId ? { from: parseTailPlace(lastEventId) } : {}
  for await (const { event, place } of topics.tail({ ...query, ...from }, signal)) {
    yield { id: printTailPlace(place), event }
  }
}
