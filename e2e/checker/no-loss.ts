import { type CreateCheck, each } from '#e2e/checker/check.ts'
import { createNumberSet } from '#e2e/checker/number-set.ts'

/**
 * I1: what a committed offset covers, and what the source was told to be done with, stands at the end of every way that the
 * stream has: in the topic, and behind each of these sinks.
 */
export const noLoss =
  (sinks: readonly string[] = []): CreateCheck =>
  (report) => {
    const streams = each(() => ({
      committed: -1,
      altered: false,
      due: createNumberSet(),
      dropped: createNumberSet(),
      arrived: each(createNumberSet),
    }))
    return {
      see(one) {
        if (one.kind === 'arrived') streams.of(one.stream).arrived.of(one.place).add(one.seqno)
        else if (one.kind === 'settled' && one.dropped) streams.of(one.stream).dropped.add(one.seqno)
        else if (one.kind === 'settled') streams.of(one.stream).due.add(one.seqno)
        else if (one.kind === 'altered') streams.of(one.whose).altered = true
        else if (one.kind === 'source offset') {
          const stream = streams.of(one.stream)
          // What a person skips is lost on purpose.
          if (stream.altered && one.seqno !== null) stream.dropped.addRange(stream.committed + 1, one.seqno + 1)
          stream.altered = false
          stream.committed = Math.max(stream.committed, one.seqno ?? -1)
        }
      },
      end() {
        for (const [name, { committed, due, dropped, arrived }] of streams.entries()) {
          due.addRange(0, committed + 1)
          const top = due.ranges.at(-1)?.[1] ?? 0
          for (const place of ['topic', ...sinks]) {
            const there = createNumberSet()
            for (const [from, to] of [...arrived.of(place).ranges, ...dropped.ranges]) there.addRange(from, to)
            for (const [from, to] of due.ranges) {
              const missing = there.countMissing(from, to)
              if (missing === 0) continue
              const first = there.firstMissing(from, to)
              report(`${missing} of ${top} records of ${name} never came to ${place}, the first is ${first}`, missing)
            }
          }
        }
      },
    }
  }
