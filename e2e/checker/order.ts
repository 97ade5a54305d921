import { type CreateCheck, each } from '#e2e/checker/check.ts'
import { createNumberSet } from '#e2e/checker/number-set.ts'

/** I4: the first arrivals of a stream at a place come in its order. */
export const order: CreateCheck = (report) => {
  const places = each(() => ({ seen: createNumberSet(), greatest: -1 }))
  return {
    see(one) {
      if (one.kind !== 'arrived') return
      const place = places.of(`${one.place} ${one.stream}`)
      if (!place.seen.add(one.seqno)) return
      if (one.seqno < place.greatest) report(`${one.stream} ${one.seqno} came to ${one.place} after ${place.greatest}`)
      place.greatest = Math.max(place.greatest, one.seqno)
    },
  }
}
