import type { Clock } from '#server/contract/clock.ts'
import type { ConnectionTest, TestStep } from '#server/contract/connection-test.ts'
import { messageOf } from '#server/contract/errors.ts'
import { type ConnectionTester, isTestWarning } from '#server/sdk/connection-tester.ts'

/** Longer than anything that works takes. */
const stepWithinMs = 10_000

/** Carries out the steps of a test and keeps what became of them. */
export interface RecordingTester extends ConnectionTester {
  result(): ConnectionTest
}

export function createTester(clock: Clock, signal: AbortSignal): RecordingTester {
  const steps: TestStep[] = []
  let failed = false

  async function inTime<Result>(work: Promise<Result>): Promise<Result> {
    const over = new AbortController()
    const late = clock.sleep(stepWithinMs, AbortSignal.any([over.signal, signal])).then((): never => {
      throw new Error(signal.aborted ? 'The test was ended.' : `No answer within ${stepWithinMs / 1000} s.`)
    })
    late.catch(() => undefined) // it is heard only when it comes first
    try {
      return await Promise.race([work, late])
    } finally {
      over.abort()
    }
  }

  return {
    signal,
    async step(title, { field, hint }, run) {
      const about = { title, ...(field !== undefined && { field }) }
      if (failed) {
        steps.push({ ...about, outcome: 'skipped', ms: 0 })
        return false
      }
      const begunAt = clock.monotonic()
      const told = hint === undefined ? {} : { hint }
      const took = () => Math.max(0, clock.monotonic() - begunAt)
      try {
        const detail = await inTime((async () => run())())
        steps.push({ ...about, outcome: 'passed', ...(detail !== undefined && { detail }), ms: took() })
        return true
      } catch (error) {
        const warned = isTestWarning(error)
        failed = !warned
        steps.push({ ...about, outcome: warned ? 'warned' : 'failed', detail: messageOf(error), ...told, ms: took() })
        return warned
      }
    },
    result: () => ({ ok: !failed, steps }),
  }
}
