import type { BatchView } from '#server/protocol/record-batch.ts'

/**
 * What of one partition's fetch answer a reader may see: no markers, and with `aborted` given no batches of aborted
 * transactions. It needs no memory between fetches, because the broker repeats every aborted transaction that overlaps
 * the answer, also one that began before it.
 */
export function visibleBatches(
  batches: Iterable<BatchView>,
  aborted: readonly { producerId: number; firstOffset: number }[] | undefined,
): BatchView[] {
  const waiting = [...(aborted ?? [])].sort((a, b) => a.firstOffset - b.firstOffset)
  const open = new Set<number>()
  const visible: BatchView[] = []
  for (const batch of batches) {
    while (waiting[0] && waiting[0].firstOffset <= batch.lastOffset) {
      open.add(waiting[0].producerId)
      waiting.shift()
    }
    if (batch.control) {
      if (batch.controlType() === 'abort') open.delete(batch.producerId)
    } else if (!(batch.transactional && open.has(batch.producerId))) visible.push(batch)
  }
  return visible
}
