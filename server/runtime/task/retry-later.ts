import type { Clock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import { ConversionPending } from '#server/sdk/conversion-pending.ts'

/** A record that is tried again after a while. The wait keeps its end when it is cut short and begun again. */
export class RetryLater extends ConversionPending {
  /** By the monotonic clock. */
  readonly due: number

  constructor(clock: Pick<Clock, 'monotonic' | 'sleep'>, due: number, why: unknown) {
    super(`a record fails and is tried again: ${messageOf(why)}`, async (signal) => {
      await clock.sleep(Math.max(0, due - clock.monotonic()), signal)
      signal.throwIfAborted()
    })
    this.due = due
  }
}
