/** Where and when a record stands. */
export interface Placed {
  partition: number
  offset: number
  timestamp: number
}

/**
 * The first `limit` records of several partitions, oldest first. Each list is in the order of its partition and keeps it,
 * also where a timestamp goes back; between partitions the timestamp decides, then the lower partition.
 */
export function mergeOldest<R extends Placed>(lists: readonly (readonly R[])[], limit: number): R[] {
  const heads = lists.map(() => 0)
  const merged: R[] = []
  while (merged.length < limit) {
    const next = pick(lists, (list, i) => list[heads[i] ?? 0], comesBefore)
    if (!next) break
    merged.push(next.record)
    heads[next.list] = (heads[next.list] ?? 0) + 1
  }
  return merged
}

/** The last `limit` records of several partitions, oldest first; the counterpart of `mergeOldest` from the other end. */
export function mergeNewest<R extends Placed>(lists: readonly (readonly R[])[], limit: number): R[] {
  const left = lists.map((list) => list.length)
  const merged: R[] = []
  while (merged.length < limit) {
    const next = pick(
      lists,
      (list, i) => list[(left[i] ?? 0) - 1],
      (a, b) => comesBefore(b, a),
    )
    if (!next) break
    merged.push(next.record)
    left[next.list] = (left[next.list] ?? 0) - 1
  }
  return merged.reverse()
}

const comesBefore = (a: Placed, b: Placed) =>
  a.timestamp < b.timestamp || (a.timestamp === b.timestamp && a.partition < b.partition)

function pick<R extends Placed>(
  lists: readonly (readonly R[])[],
  headOf: (list: readonly R[], index: number) => R | undefined,
  wins: (a: R, b: R) => boolean,
): { record: R; list: number } | undefined {
  let best: { record: R; list: number } | undefined
  for (const [index, list] of lists.entries()) {
    const record = headOf(list, index)
    if (record && (!best || wins(record, best.record))) best = { record, list: index }
  }
  return best
}
