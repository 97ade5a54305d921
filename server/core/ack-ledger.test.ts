import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAckLedger } from '#server/core/ack-ledger.ts'

test('nothing is committable before the first acknowledgement', () => {
  const ledger = createAckLedger<string, number>()
  ledger.sent('p', 'p', 1, {})
  expect(ledger.takeCommittable()).toEqual([])
})

test('never commits past a record that is still unacknowledged', () => {
  const ledger = createAckLedger<string, number>()
  const [first, second] = [{}, {}]
  ledger.sent('p', 'p', 1, first)
  ledger.sent('p', 'p', 2, second)
  ledger.settled(second)
  expect(ledger.takeCommittable()).toEqual([])
  ledger.settled(first)
  expect(ledger.takeCommittable()).toEqual([{ key: 'p', partition: 'p', offset: 2 }])
})

test('a slow batch of one source partition does not hold back another', () => {
  const ledger = createAckLedger<string, number>()
  const [slow, quick] = [{}, {}]
  ledger.sent('a', 'a', 1, slow)
  ledger.sent('b', 'b', 7, quick)
  ledger.settled(quick)
  expect(ledger.takeCommittable()).toEqual([{ key: 'b', partition: 'b', offset: 7 }])
})

test('a filtered record counts when everything before it does', () => {
  const ledger = createAckLedger<string, number>()
  const batch = {}
  ledger.sent('p', 'p', 1, batch)
  ledger.sent('p', 'p', 2)
  expect(ledger.takeCommittable()).toEqual([])
  ledger.settled(batch)
  expect(ledger.takeCommittable()).toMatchObject([{ offset: 2 }])
})

test('what could not be stored is committable again, but never in place of something newer', () => {
  const ledger = createAckLedger<string, number>()
  ledger.sent('p', 'p', 1)
  const taken = ledger.takeCommittable()
  ledger.giveBack(taken)
  expect(ledger.takeCommittable()).toEqual(taken)
  ledger.sent('p', 'p', 2)
  ledger.giveBack(taken)
  expect(ledger.takeCommittable()).toMatchObject([{ offset: 2 }])
})

test('offsets only grow and never pass an open batch, whatever the order of acknowledgements (I5, I6)', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ do: fc.constant('send' as const), partition: fc.nat(2), carrier: fc.nat(5) }),
      fc.record({ do: fc.constant('ack' as const), carrier: fc.nat(5) }),
      fc.record({ do: fc.constant('commit' as const), fails: fc.boolean() }),
    ),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(steps, (script) => {
      const ledger = createAckLedger<number, number>()
      let carriers: object[] = Array.from({ length: 6 }, () => ({}))
      const open = new Map<object, { partition: number; offset: number }[]>()
      const next = [1, 1, 1]
      const committed = [0, 0, 0]
      for (const step of script) {
        if (step.do === 'send') {
          const carrier = carriers[step.carrier] as object
          const offset = next[step.partition] as number
          next[step.partition] = offset + 1
          ledger.sent(`${step.partition}`, step.partition, offset, carrier)
          open.set(carrier, [...(open.get(carrier) ?? []), { partition: step.partition, offset }])
        } else if (step.do === 'ack') {
          const carrier = carriers[step.carrier] as object
          ledger.settled(carrier)
          open.delete(carrier)
          carriers = carriers.with(step.carrier, {})
        } else {
          const taken = ledger.takeCommittable()
          for (const { partition, offset } of taken) {
            const oldestOpen = Math.min(
              ...[...open.values()].flat().flatMap((sent) => (sent.partition === partition ? [sent.offset] : [])),
            )
            expect(offset).toBeLessThan(oldestOpen)
            expect(offset).toBeGreaterThan(committed[partition] as number)
            if (!step.fails) committed[partition] = offset
          }
          if (step.fails) ledger.giveBack(taken)
        }
      }
    }),
  )
})
