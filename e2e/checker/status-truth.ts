import { type CreateCheck, each } from '#e2e/checker/check.ts'

interface Truth {
  /** Lives that began and did not end, by the process they are in. */
  alive: Map<string, number>
  /** Since when none is. */
  deadSince: number | undefined
  state: string | undefined
  /** Since when REST has said that it does not run. */
  restsSince: number
  /** A record that was written meanwhile: a lie if the next answer says the same. */
  wroteAt: number | undefined
}

/**
 * I8: a task that REST calls RUNNING lives, and one that REST calls anything else writes nothing, but for `withinMs`, in which
 * Kafka is there to tell of it. Two answers in a row have to say it: between them it may have been resumed.
 */
export const statusTruth =
  ({ withinMs }: { withinMs: number }): CreateCheck =>
  (report) => {
    const streams = each(
      (): Truth => ({ alive: new Map(), deadSince: undefined, state: undefined, restsSince: 0, wroteAt: undefined }),
    )

    let kafkaBackAt = 0
    const isLate = (at: number, since: number) => at > Math.max(since, kafkaBackAt) + withinMs

    function ended(truth: Truth, instance: string, at: number) {
      if (truth.alive.delete(instance) && truth.alive.size === 0) truth.deadSince = at
    }

    return {
      see(one) {
        switch (one.kind) {
          case 'started': {
            const truth = streams.of(one.stream)
            truth.alive.set(one.instance, one.pid)
            truth.deadSince = undefined
            return
          }
          case 'fault ends':
            if (one.kafkaAway) kafkaBackAt = one.at
            return
          case 'stopped':
            ended(streams.of(one.stream), one.instance, one.at)
            return
          case 'process gone':
            for (const [, truth] of streams.entries()) {
              for (const [instance, pid] of truth.alive) if (pid === one.pid) ended(truth, instance, one.at)
            }
            return
          case 'arrived': {
            const truth = streams.of(one.stream)
            const rests = truth.state !== undefined && truth.state !== 'RUNNING'
            if (one.place === 'topic' && rests && isLate(one.at, truth.restsSince)) truth.wroteAt ??= one.at
            return
          }
          case 'status': {
            const truth = streams.of(one.stream)
            if (one.state === 'RUNNING' && truth.deadSince !== undefined && isLate(one.askedAt, truth.deadSince)) {
              report(`${one.stream} is RUNNING, and has not lived for ${one.askedAt - truth.deadSince} ms`)
            }
            if (truth.state === one.state && truth.wroteAt !== undefined && one.askedAt >= truth.wroteAt) {
              report(`${one.stream} is ${one.state}, and wrote ${truth.wroteAt - truth.restsSince} ms after it said so`)
            }
            if (truth.state !== one.state || truth.wroteAt !== undefined) truth.restsSince = one.at
            truth.state = one.state
            truth.wroteAt = undefined
          }
        }
      },
    }
  }
