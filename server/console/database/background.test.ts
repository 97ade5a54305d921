import { expect, test } from 'vitest'
import type { PrismaClient } from '#prisma/client/client.ts'
import { openInBackground } from '#server/console/database/background.ts'
import type { Database } from '#server/console/database/database.ts'
import type { Clock } from '#server/contract/clock.ts'
import { silentLogger } from '#server/rest/test-tree/silent-logger.ts'

const prisma = {} as PrismaClient

/** Attempts that end when the test says so, and a clock that stands until then. */
function createScene() {
  const attempts: { opening: PromiseWithResolvers<Database>; signal: AbortSignal }[] = []
  const sleepers: (() => void)[] = []
  let closed = 0
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    random: () => 0,
    sleep: (_ms, signal) =>
      new Promise((resolve) => {
        sleepers.push(resolve)
        signal?.addEventListener('abort', () => resolve())
      }),
  }
  const background = openInBackground(
    (signal) => {
      const opening = Promise.withResolvers<Database>()
      signal.addEventListener('abort', () => opening.reject(signal.reason))
      attempts.push({ opening, signal })
      return opening.promise
    },
    { clock, logger: silentLogger },
  )
  const database: Database = {
    prisma,
    applied: [],
    async [Symbol.asyncDispose]() {
      closed++
    },
  }
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
  return {
    background,
    attempts,
    settled,
    closed: () => closed,
    succeed: () => attempts.at(-1)?.opening.resolve(database),
    fail: (message: string) => attempts.at(-1)?.opening.reject(new Error(message)),
    later: async () => {
      sleepers.pop()?.()
      await settled()
    },
  }
}

test('whoever asks first waits for the opening', async () => {
  const { background, succeed } = createScene()
  const asked = background.prisma()
  succeed()
  expect(await asked).toBe(prisma)
})

test('while it cannot be opened every call says why at once, and a later attempt makes it good', async () => {
  const { background, attempts, fail, succeed, later, settled } = createScene()
  fail('no route to host')
  await expect(background.prisma()).rejects.toThrow('no route to host')
  await settled()
  await later()
  expect(attempts).toHaveLength(2)
  await expect(background.prisma()).rejects.toThrow('no route to host')
  succeed()
  await settled()
  expect(await background.prisma()).toBe(prisma)
})

test('closing closes what is open, and gives up what is being opened', async () => {
  const one = createScene()
  one.succeed()
  await one.background[Symbol.asyncDispose]()
  expect(one.closed()).toBe(1)

  const other = createScene()
  await other.background[Symbol.asyncDispose]()
  expect(other.attempts.map(({ signal }) => signal.aborted)).toEqual([true])
  expect(other.closed()).toBe(0)
})

test('closing ends the waiting for a next attempt', async () => {
  const { background, attempts, fail, settled } = createScene()
  fail('refused')
  await settled()
  await background[Symbol.asyncDispose]()
  expect(attempts).toHaveLength(1)
})
