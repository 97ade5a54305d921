import type { CreateCheck, Delivery } from '#e2e/checker/check.ts'
import { createRepetitions } from '#e2e/checker/repetitions.ts'

/**
 * I2: a record arrives once: in a topic always under exactly-once, and under at-least-once as long as nothing is cut off.
 * A sink takes its records at least once, whatever the source promises.
 */
export const noDuplicates =
  (delivery: Delivery): CreateCheck =>
  (report) => {
    const repetitions = createRepetitions()
    let mayRepeat = false
    return {
      see(one) {
        if (one.kind === 'fault begins' && one.harm !== 'none') mayRepeat = true
        if (one.kind !== 'arrived' || !repetitions.isRepetition(one)) return
        if (mayRepeat && (delivery === 'at-least-once' || one.place !== 'topic')) return
        report(`${one.stream} ${one.seqno} came to ${one.place} again`)
      },
    }
  }
