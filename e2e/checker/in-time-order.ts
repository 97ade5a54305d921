import type { Observation } from '#e2e/checker/observation.ts'

type Observations = AsyncIterable<Observation> | Iterable<Observation>

/**
 * What makes a claim true comes before what claims it, at the same millisecond: the benefit of the doubt is the system's.
 */
const rank: Readonly<Record<Observation['kind'], number>> = {
  'process gone': 0,
  started: 0,
  polled: 1,
  'config written': 1,
  arrived: 2,
  foreign: 2,
  settled: 3,
  altered: 3,
  'fault begins': 4,
  'source offset': 5,
  'sink offset': 5,
  stopped: 6,
  'fault ends': 7,
  status: 8,
  'config read': 8,
  usage: 8,
  cut: 9,
}

/** Merges streams that are each in the order of their time, without holding more than one millisecond of them. */
export async function* inTimeOrder(...streams: readonly Observations[]): AsyncGenerator<Observation> {
  let heads: Head[] = []
  for (const stream of streams) {
    const rest = Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]()
    heads.push({ rest, next: await following(rest) })
  }
  for (;;) {
    heads = heads.filter(({ next }) => next !== undefined)
    const now = Math.min(...heads.map(({ next }) => next?.at ?? 0))
    const together: Observation[] = []
    for (const head of heads) {
      for (; head.next && head.next.at <= now; head.next = await following(head.rest)) together.push(head.next)
    }
    if (together.length === 0) return
    yield* together.sort((a, b) => a.at - b.at || rank[a.kind] - rank[b.kind])
  }
}

interface Head {
  rest: Iterator<Observation> | AsyncIterator<Observation>
  /** Undefined: the stream is at its end. */
  next: Observation | undefined
}

async function following(rest: Head['rest']): Promise<Observation | undefined> {
  const { done, value } = await rest.next()
  return done ? undefined : value
}
