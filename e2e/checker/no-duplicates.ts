import type { CreateCheck, Delivery } from '#e2e/checker/check.ts'
import { createRepetitions } from '#e2e/checker/repetitions.ts'

/** I2: a record arrives once: always under exactly-once, and under at-least-once as long as nothing is cut off. */
export const noDuplicates =
  (delivery: Delivery): CreateCheck =>
  (report) => {
    const repetitions = createRepetitions()
    let mayRepeat = false
    return {
      see(one) {
        if (one.kind === 'fault begins' && one.harm !== 'none' && delivery === 'at-least-once') mayRepeat = true
        if (one.kind !== 'arrived' || !repetitions.isRepetition(one) || mayRepeat) return
        report(`${one.stream} ${one.seqno} came to ${one.place} again`)
      },
    }
  }
