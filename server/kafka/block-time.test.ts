import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { withinBlockTime } from '#server/kafka/block-time.ts'

const late = () => new Error('late')
const never = new Promise<string>(() => undefined)

test('work that is done in time answers, and its signal aborts only then', async () => {
  let seen: AbortSignal | undefined
  const answer = await withinBlockTime(
    systemClock,
    { maxBlockMs: 60_000 },
    async (signal) => {
      seen = signal
      return signal?.aborted
    },
    late,
  )
  expect(answer).toBe(false)
  expect(seen?.aborted).toBe(true)
})

test('work that takes longer is told to end, and is not waited for', async () => {
  let seen: AbortSignal | undefined
  const waiting = withinBlockTime(
    systemClock,
    { maxBlockMs: 5 },
    (signal) => {
      seen = signal
      return never
    },
    late,
  )
  await expect(waiting).rejects.toThrow('late')
  expect(seen?.aborted).toBe(true)
})

test('what fails in time fails as it does, what fails afterwards is nobody’s', async () => {
  const failing = async () => {
    throw new Error('broken')
  }
  await expect(withinBlockTime(systemClock, { maxBlockMs: 60_000 }, failing, late)).rejects.toThrow('broken')
  const failsLater = (signal: AbortSignal | undefined) =>
    new Promise<string>((_, reject) => signal?.addEventListener('abort', () => reject(new Error('broken'))))
  await expect(withinBlockTime(systemClock, { maxBlockMs: 1 }, failsLater, late)).rejects.toThrow('late')
})

test('the signal of the caller reaches the work, with and without an end to its time', async () => {
  for (const maxBlockMs of [60_000, Number.POSITIVE_INFINITY]) {
    const stop = new AbortController()
    const waiting = withinBlockTime(
      systemClock,
      { maxBlockMs, signal: stop.signal },
      (signal) => new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
      late,
    )
    stop.abort(new Error('stopped'))
    await expect(waiting).rejects.toThrow('stopped')
  }
})
