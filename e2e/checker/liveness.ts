import { type CreateCheck, each } from '#e2e/checker/check.ts'
import type { Stream } from '#e2e/checker/observation.ts'

/**
 * I10: within `healMs` of the end of the last fault each of these streams brings a record that it had not brought before, and
 * what is done with is committed within `commitMs`, and when the life of a task that was done with it has stopped in order. Records that were left out count as
 * done with.
 */
export const liveness =
  ({ streams, healMs, commitMs }: { streams: readonly Stream[]; healMs: number; commitMs: number }): CreateCheck =>
  (report) => {
    const progress = each(() => ({
      greatest: -1,
      healedAt: undefined as number | undefined,
      offset: -1,
      doneWith: -1,
      stopped: false,
    }))
    /** What was done with, newest last, until its time to be committed has passed. */
    const due = each((): { seqno: number; at: number }[] => [])
    const late = new Set<Stream>()
    let healBy = Number.POSITIVE_INFINITY
    let [faults, lastAt] = [0, 0]

    function commitsFollow(now: number) {
      for (const [stream, waiting] of due.entries()) {
        const { offset } = progress.of(stream)
        while (waiting[0] && waiting[0].seqno <= offset) waiting.shift()
        // While something is broken nobody has to commit, and each stream is told of once.
        if (faults > 0 || late.has(stream) || !waiting[0] || waiting[0].at + commitMs >= now) continue
        late.add(stream)
        report(`${stream} ${waiting[0].seqno} was done with ${now - waiting[0].at} ms ago and is not committed`)
      }
    }

    return {
      see(one) {
        lastAt = one.at
        commitsFollow(one.at)
        if (one.kind === 'fault begins') {
          faults += 1
          healBy = Number.POSITIVE_INFINITY
          for (const stream of streams) progress.of(stream).healedAt = undefined
        } else if (one.kind === 'fault ends') {
          faults -= 1
          if (faults > 0) return
          healBy = one.at + healMs
          for (const [, waiting] of due.entries()) for (const entry of waiting) entry.at = healBy
        } else if (one.kind === 'source offset') progress.of(one.stream).offset = one.seqno ?? -1
        else if (one.kind === 'started') {
          // What the life before it was done with and could not commit comes again, which is for I3 to judge.
          Object.assign(progress.of(one.stream), { stopped: false, doneWith: -1 })
        }
        // A task that is cut off commits nothing more.
        else if (one.kind === 'stopped') progress.of(one.stream).stopped = faults === 0
        else if (one.kind === 'settled') wait(one.stream, one.seqno, one.at)
        else if (one.kind === 'arrived' && one.place === 'topic') {
          const stream = progress.of(one.stream)
          if (one.seqno > stream.greatest && faults === 0) stream.healedAt ??= one.at
          stream.greatest = Math.max(stream.greatest, one.seqno)
        }
      },
      end() {
        commitsFollow(lastAt)
        for (const [stream, { stopped, offset, doneWith }] of progress.entries()) {
          if (stopped && offset < doneWith)
            report(`${stream} was stopped, and of ${doneWith} only ${offset} is committed`)
        }
        for (const stream of streams) {
          const { healedAt } = progress.of(stream)
          if (healedAt === undefined) report(`${stream} brought nothing new after the last fault`)
          else if (healedAt > healBy)
            report(`${stream} took ${healedAt - healBy + healMs} ms to go on after the last fault`)
        }
      },
    }

    /** The oldest that waits decides; of those behind it no more are kept than memory is worth. */
    function wait(stream: Stream, seqno: number, at: number) {
      const waiting = due.of(stream)
      const known = progress.of(stream)
      known.doneWith = Math.max(known.doneWith, seqno)
      if (waiting.length < 1_000) waiting.push({ seqno, at })
      else waiting[waiting.length - 1] = { seqno, at }
    }
  }
