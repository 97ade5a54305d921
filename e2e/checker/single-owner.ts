import { type CreateCheck, type Delivery, each } from '#e2e/checker/check.ts'

/** How long a task that stops waits for Kafka to take what it was sent (`offset.flush.timeout.ms`). */
const stopWaitsMs = 5_000

/**
 * I7: lives of one task write one after the other. None writes again after its successor began to, or after it said that it
 * had stopped. Under at-least-once what a frozen worker still writes when it thaws is allowed, as duplicates (I3).
 */
export const singleOwner =
  (delivery: Delivery): CreateCheck =>
  (report) => {
    const streams = each(() => ({
      writing: undefined as string | undefined,
      over: new Set<string>(),
      stopped: new Set<string>(),
    }))
    let mayOverlap = false
    let cutOffs = 0
    let kafkaBackAt = Number.NEGATIVE_INFINITY
    return {
      see(one) {
        if (one.kind === 'fault begins' && one.harm === 'zombie' && delivery === 'at-least-once') mayOverlap = true
        // What is on its way to the broker when a task is cut off cannot be called back; nor what goes out once a broker is back, to
        // a task whose wait for it ends just then.
        if (one.kind === 'fault begins' && one.harm === 'cut-off') cutOffs += 1
        if (one.kind === 'fault ends' && one.harm === 'cut-off') cutOffs -= 1
        if (one.kind === 'fault ends' && one.kafkaAway) kafkaBackAt = one.at
        const mayBeUnderWay = cutOffs > 0 || one.at < kafkaBackAt + stopWaitsMs
        if (one.kind === 'stopped' && !mayBeUnderWay) remember(streams.of(one.stream).stopped, one.instance)
        if (one.kind !== 'arrived' || one.place !== 'topic' || one.instance === undefined || mayOverlap) return
        const stream = streams.of(one.stream)
        if (stream.stopped.has(one.instance)) report(`${one.instance} of ${one.stream} writes after it stopped`)
        if (stream.writing === one.instance) return
        if (stream.over.has(one.instance))
          report(`${one.instance} of ${one.stream} writes again after ${stream.writing}`)
        if (stream.writing !== undefined) remember(stream.over, stream.writing)
        stream.writing = one.instance
      },
    }
  }

/** Enough to find one that comes back; a task that was restarted more often than that is none that a zombie waits for. */
const mostRemembered = 1_000

function remember(instances: Set<string>, instance: string): void {
  instances.add(instance)
  const [oldest] = instances
  if (instances.size > mostRemembered && oldest !== undefined) instances.delete(oldest)
}
