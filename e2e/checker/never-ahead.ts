import { type CreateCheck, type Delivery, each } from '#e2e/checker/check.ts'
import { createNumberSet } from '#e2e/checker/number-set.ts'

/**
 * I6: when an offset is committed, everything that it covers is durable already. Of a source: it stands in the topic, or was
 * left out. Of a sink: everything that stands in the topic before that offset is flushed. An exactly-once source has both in
 * one transaction, in which neither comes first: of it I13 tells.
 */
export const neverAhead =
  (delivery: Delivery): CreateCheck =>
  (report) => {
    const durable = each(createNumberSet)
    const topics = each(createNumberSet)
    const flushed = each(createNumberSet)
    /** Below it everything was found durable. */
    const claims = each(() => ({ provenBelow: 0, alterations: 0 }))
    const alterations = each(() => ({ count: 0 }))

    function claimed(
      { whose, key, end, what }: { whose: string; key: string; end: number; what: string },
      firstMissing: (from: number) => number | undefined,
    ) {
      const claim = claims.of(key)
      const { count } = alterations.of(whose)
      // What a person set is no claim of the system's.
      if (claim.alterations !== count) Object.assign(claim, { alterations: count, provenBelow: end })
      const first = firstMissing(Math.min(claim.provenBelow, end))
      if (first !== undefined) report(`${what}, but ${first} is not durable`)
      claim.provenBelow = Math.max(claim.provenBelow, end)
    }

    return {
      see(one) {
        switch (one.kind) {
          case 'arrived':
            if (one.place === 'topic') durable.of(one.stream).add(one.seqno)
            if (one.partition === undefined || one.offset === undefined) return
            if (one.place === 'topic') topics.of(one.partition).add(one.offset)
            else flushed.of(`${one.place} ${one.partition}`).add(one.offset)
            return
          case 'settled':
            if (one.dropped) durable.of(one.stream).add(one.seqno)
            return
          case 'source offset': {
            const { stream, seqno } = one
            if (seqno === null || delivery === 'exactly-once') return
            const [end, what] = [seqno + 1, `${stream} commits ${seqno}`]
            claimed({ whose: stream, key: stream, end, what }, (from) => durable.of(stream).firstMissing(from, end))
            return
          }
          case 'sink offset': {
            const { sink, partition, offset: end } = one
            const key = `${sink} ${partition}`
            const [there, done] = [topics.of(partition), flushed.of(key)]
            claimed({ whose: sink, key, end, what: `${sink} commits ${end} of ${partition}` }, (from) => {
              for (const [low, high] of there.ranges) {
                const first = done.firstMissing(Math.max(low, from), Math.min(high, end))
                if (first !== undefined) return first
              }
              return undefined
            })
            return
          }
          case 'altered':
            alterations.of(one.whose).count += 1
        }
      },
    }
  }
