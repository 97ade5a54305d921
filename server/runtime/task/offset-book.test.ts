import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createOffsetBook, type SourceOffset } from '#server/runtime/task/offset-book.ts'
import { leapingClock } from '#server/sdk/testing/leaping-clock.ts'

const partitionOf = (name: string) => ({ file: name })

function openBook(write: (offsets: readonly SourceOffset[]) => Promise<void>, signal = new AbortController().signal) {
  return createOffsetBook({ write, timeoutMs: 100, signal, clock: leapingClock(), logger: quietLogger })
}

/** A write that a test lets succeed or fail. */
function heldWrites() {
  const open: { offsets: readonly SourceOffset[]; done: () => void; fail: () => void }[] = []
  const write = (offsets: readonly SourceOffset[]) =>
    new Promise<void>((resolve, reject) => {
      open.push({ offsets, done: resolve, fail: () => reject(new Error('refused')) })
    })
  return { open, write }
}

type Step = { step: 'send' | 'ack'; partition: string; pick: number } | { step: 'commit'; fails: boolean }
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ step: fc.constant('send' as const), partition: fc.constantFrom('a', 'b', 'c'), pick: fc.nat(9) }),
    fc.record({ step: fc.constant('ack' as const), partition: fc.constantFrom('a', 'b', 'c'), pick: fc.nat(9) }),
    fc.record({ step: fc.constant('commit' as const), fails: fc.boolean() }),
  ),
  { maxLength: 80 },
)

test('I5, I6: whatever fails, an offset is stored only when all before it is acknowledged, and never goes back', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const stored = new Map<string, number>()
      const sent = new Map<string, { ack: () => void; acked: boolean }[]>()
      const safe = (name: string) => {
        const entries = sent.get(name) ?? []
        const open = entries.findIndex(({ acked }) => !acked)
        return open === -1 ? entries.length : open
      }
      let fails = false
      const violations: string[] = []
      const book = openBook(async (offsets) => {
        for (const { partition, offset } of offsets) {
          const name = String(partition.file)
          const n = Number(offset?.n)
          if (n > safe(name)) violations.push(`${name} ahead: ${n}`)
          if (n < (stored.get(name) ?? 0)) violations.push(`${name} back: ${n}`)
          if (!fails) stored.set(name, n)
        }
        if (fails) throw new Error('refused')
      })
      for (const step of taken) {
        if (step.step === 'commit') {
          fails = step.fails
          await book.commit()
          continue
        }
        const entries = sent.get(step.partition) ?? []
        sent.set(step.partition, entries)
        if (step.step === 'send') {
          entries.push({ ack: book.sent(partitionOf(step.partition), { n: entries.length + 1 }), acked: false })
        } else {
          const entry = entries[step.pick % Math.max(1, entries.length)]
          if (!entry || entry.acked) continue
          entry.acked = true
          entry.ack()
        }
      }
      fails = false
      expect(await book.commit()).toBe(true)
      expect(violations).toEqual([])
      for (const [name, entries] of sent) if (entries.length > 0) expect(stored.get(name) ?? 0).toBe(safe(name))
    }),
  )
})

test('R-I01: a partition whose records are never acknowledged keeps no other from being stored', async () => {
  const stored: unknown[] = []
  const book = openBook(
    async (offsets) => void stored.push(...offsets.map(({ partition, offset }) => [partition, offset])),
  )
  book.sent(partitionOf('stuck'), { n: 1 })
  for (let n = 1; n <= 3; n++) {
    book.sent(partitionOf('moves'), { n })?.()
    await book.commit()
  }
  expect(stored).toEqual([1, 2, 3].map((n) => [partitionOf('moves'), { n }]))
})

test('a commit that found nothing new is a success and writes nothing', async () => {
  const book = openBook(() => Promise.reject(new Error('nothing to write')))
  expect(await book.commit()).toBe(true)
})

test('a write that takes too long is given up, and none other begins before it has ended', async () => {
  const { open, write } = heldWrites()
  const book = openBook(write)
  book.sent(partitionOf('a'), { n: 1 })()
  expect(await book.commit()).toBe(false)
  book.sent(partitionOf('a'), { n: 2 })()
  expect(await book.commit()).toBe(false)
  expect(open).toHaveLength(1)
  open[0]?.done()
  const next = book.commit()
  await expect.poll(() => open.length).toBe(2)
  open[1]?.done()
  expect(await next).toBe(true)
  expect(open[1]?.offsets).toEqual([{ partition: { file: 'a' }, offset: { n: 2 } }])
})

test('a newer offset of a partition is not lost when an older write fails', async () => {
  const { open, write } = heldWrites()
  const book = openBook(write)
  book.sent(partitionOf('a'), { n: 1 })()
  const first = book.commit()
  await expect.poll(() => open.length).toBe(1)
  book.sent(partitionOf('a'), { n: 2 })()
  open[0]?.fail()
  expect(await first).toBe(false)
  const second = book.commit()
  await expect.poll(() => open.length).toBe(2)
  expect(open[1]?.offsets).toEqual([{ partition: { file: 'a' }, offset: { n: 2 } }])
  open[1]?.done()
  expect(await second).toBe(true)
})

test('a cancelled task does not wait for a write', async () => {
  const cancel = new AbortController()
  const { write } = heldWrites()
  const book = openBook(write, cancel.signal)
  book.sent(partitionOf('a'), { n: 1 })()
  const commit = book.commit()
  cancel.abort()
  expect(await commit).toBe(false)
})
