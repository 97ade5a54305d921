import { atomicTransactions } from '#e2e/checker/atomic-transactions.ts'
import { boundedDuplicates } from '#e2e/checker/bounded-duplicates.ts'
import { boundedResources } from '#e2e/checker/bounded-resources.ts'
import type { CreateCheck, Delivery } from '#e2e/checker/check.ts'
import { configLinearizable } from '#e2e/checker/config-linearizable.ts'
import { isolation } from '#e2e/checker/isolation.ts'
import { liveness } from '#e2e/checker/liveness.ts'
import { neverAhead } from '#e2e/checker/never-ahead.ts'
import { noDuplicates } from '#e2e/checker/no-duplicates.ts'
import { noLoss } from '#e2e/checker/no-loss.ts'
import { notMangled } from '#e2e/checker/not-mangled.ts'
import type { Stream } from '#e2e/checker/observation.ts'
import { offsetsMonotonic } from '#e2e/checker/offsets-monotonic.ts'
import { order } from '#e2e/checker/order.ts'
import { singleOwner } from '#e2e/checker/single-owner.ts'
import { statusTruth } from '#e2e/checker/status-truth.ts'

/** What a run is promised. Times are milliseconds. */
export interface Promises {
  delivery: Delivery
  /** The streams that have to go on after every fault. */
  streams: readonly Stream[]
  /** The sinks that every stream flows into. */
  sinks?: readonly string[]
  healMs: number
  /** From the moment at which a record is done with to its committed offset. */
  commitMs: number
  statusWithinMs: number
  quietMs: number
  /** How many records may come again in all, where offsets cannot tell which. */
  mostDuplicates?: number
}

/** I1 to I14 with the bounds of one run. */
export const everyCheck = (promises: Promises): Record<string, CreateCheck> => ({
  I1: noLoss(promises.sinks),
  I2: noDuplicates(promises.delivery),
  I3: boundedDuplicates(promises),
  I4: order,
  I5: offsetsMonotonic(promises.delivery),
  I6: neverAhead(promises.delivery),
  I7: singleOwner(promises.delivery),
  I8: statusTruth({ withinMs: promises.statusWithinMs }),
  I9: isolation({ quietMs: promises.quietMs }),
  I10: liveness(promises),
  I11: configLinearizable,
  I12: boundedResources({ warmAfterCycles: 1, memoryBytes: 8 * 1024 * 1024, descriptors: 4 }),
  I13: atomicTransactions,
  I14: notMangled,
})
