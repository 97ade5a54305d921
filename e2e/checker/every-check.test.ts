import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { createChecker, judge, type Verdict } from '#e2e/checker/checker.ts'
import { everyCheck, type Promises } from '#e2e/checker/every-check.ts'
import type { Observation } from '#e2e/checker/observation.ts'

const [stream, other] = ['a/0', 'b/0']
const bounds = { streams: [], healMs: 100, commitMs: 1_000_000, statusWithinMs: 100, quietMs: 100 }
const atLeastOnce: Promises = { delivery: 'at-least-once', ...bounds }
const exactlyOnce: Promises = { delivery: 'exactly-once', ...bounds }

/** Observations without their times, which count from 0 on, one millisecond each, unless they say otherwise. */
type Untimed<One = Observation> = One extends Observation ? Omit<One, 'at'> & { at?: number } : never
const timed = (ones: readonly Untimed[]): Observation[] => {
  let now = 0
  return ones.map((one) => {
    now = one.at ?? now + 1
    return { ...one, at: now } as Observation
  })
}

const polled = (seqno: number) => ({ kind: 'polled', stream, seqno }) as const
const settled = (seqno: number, dropped = false) => ({ kind: 'settled', stream, seqno, dropped }) as const
const arrived = (
  seqno: number,
  more: { instance?: string; place?: string; offset?: number; intact?: boolean; at?: number; stream?: string } = {},
) => ({ kind: 'arrived', stream, seqno, place: 'topic', partition: 't-0', offset: seqno, ...more }) as const
const committed = (seqno: number | null) => ({ kind: 'source offset', stream, seqno }) as const
const sinkCommitted = (offset: number) => ({ kind: 'sink offset', sink: 'out', partition: 't-0', offset }) as const
const kill = { kind: 'fault begins', what: 'kill', harm: 'cut-off' } as const
const freeze = { kind: 'fault begins', what: 'freeze', harm: 'zombie' } as const
const healed = { kind: 'fault ends', what: 'kill', harm: 'cut-off' } as const
const kafkaGone = { kind: 'fault begins', what: 'broker-kill', harm: 'cut-off', kafkaAway: true } as const
const kafkaBack = { ...kafkaGone, kind: 'fault ends' } as const
const status = (state: string, askedAt: number) =>
  ({ kind: 'status', stream, state, askedAt, at: askedAt + 1 }) as const
const started = (instance: string, pid = 1) => ({ kind: 'started', stream, instance, pid }) as const
const stopped = (instance: string, at?: number) =>
  ({ kind: 'stopped', stream, instance, pid: 1, ...(at !== undefined && { at }) }) as const
const wrote = (config: string | null, at: number, doneAt?: number) =>
  ({ kind: 'config written', connector: 'a', config, at, ...(doneAt !== undefined && { doneAt }) }) as const
const read = (config: string | null, askedAt: number) =>
  ({ kind: 'config read', connector: 'a', config, askedAt, at: askedAt + 1 }) as const
const usage = (cycle: number, memoryBytes: number, descriptors: number) =>
  ({ kind: 'usage', process: 'w', cycle, memoryBytes, descriptors }) as const
const ownFault = (kind: 'fault begins' | 'fault ends', at: number) =>
  ({ kind, at, what: 'spin', connector: 'a', harm: 'none' }) as const

const broken = (verdicts: readonly Verdict[]) =>
  verdicts.filter(({ holds }) => !holds).map(({ invariant }) => invariant)
const judged = (promises: Promises, ...ones: Untimed[]) => judge(everyCheck(promises), timed(ones))

const wellBehaved: [what: string, ones: Untimed[]][] = [
  ['nothing', []],
  [
    'a record on its whole way',
    [polled(0), arrived(0), settled(0), committed(0), arrived(0, { place: 'out' }), sinkCommitted(1)],
  ],
  [
    'a record that was dropped',
    [polled(0), settled(0, true), polled(1), arrived(1, { offset: 0 }), settled(1), committed(1)],
  ],
  [
    'what was not committed comes again after a kill',
    [arrived(0), arrived(1), committed(0), kill, healed, arrived(1, { offset: 2 })],
  ],
  [
    'an offset that a person takes back',
    [arrived(0), committed(0), { kind: 'altered', whose: stream }, committed(null)],
  ],
  ['an offset that a person sets ahead', [{ kind: 'altered', whose: stream }, committed(7)]],
  [
    'one life after the other',
    [started('x'), arrived(0, { instance: 'x' }), stopped('x'), started('y'), arrived(1, { instance: 'y' })],
  ],
  [
    'a pause in which the last records arrive',
    [started('x'), status('PAUSED', 1), arrived(0, { at: 50 }), status('PAUSED', 200)],
  ],
  [
    'a resume between two questions',
    [started('x'), status('PAUSED', 1), arrived(0, { at: 500 }), status('RUNNING', 501)],
  ],
  [
    'RUNNING that is said of nobody soon after Kafka is back',
    [
      started('x'),
      stopped('x', 10),
      kafkaGone,
      { ...kafkaBack, at: 500 },
      status('RUNNING', 550),
      status('FAILED', 600),
    ],
  ],
  [
    'a write whose answer was lost, carried out later',
    [wrote('1', 0, 1), wrote('2', 2), read('1', 10), read('2', 20), read('2', 30)],
  ],
  ['one of two writes at the same time', [wrote('1', 0, 10), wrote('2', 0, 10), read('1', 20), read('1', 30)]],
  [
    'a zombie that writes between its successors records',
    [
      arrived(0, { instance: 'x' }),
      freeze,
      arrived(1, { instance: 'y' }),
      healed,
      arrived(0, { instance: 'x', offset: 2 }),
    ],
  ],
  [
    'a task that stops in order behind its last commit, and had a life before it that could not commit all',
    [
      ...[kill, healed, started('x'), arrived(0), arrived(1), arrived(2), settled(0), settled(1), settled(2)],
      ...[committed(0), stopped('x'), started('y'), arrived(1, { offset: 3 }), settled(1), committed(1), stopped('y')],
    ],
  ],
  ['a task that stops behind its last commit', [started('x'), arrived(0), settled(0), committed(0), stopped('x')]],
  ['a task that is cut off before it', [started('x'), arrived(0), settled(0), kill, stopped('x'), healed]],
  [
    'a record that was on its way when its task was cut off',
    [started('x'), arrived(0, { instance: 'x' }), kill, stopped('x'), arrived(1, { instance: 'x' }), healed],
  ],
  [
    'a record that went out when Kafka came back to a task that had waited for it',
    [started('x'), kafkaGone, { ...kafkaBack, at: 500 }, stopped('x', 1_500), arrived(1, { instance: 'x', at: 1_560 })],
  ],
  ['a zombie that commits what it had read', [arrived(0), arrived(1), committed(1), freeze, healed, committed(0)]],
  [
    'memory that is used and given back',
    [usage(0, 0, 0), usage(1, 1e9, 50), usage(2, 1e9 + 5e6, 53), usage(3, 9e8, 49)],
  ],
]

test.each(wellBehaved)('nothing is wrong with %s', async (_what, ones) => {
  expect(broken(await judged(atLeastOnce, ...ones))).toEqual([])
})

const bad: [invariant: string, what: string, promises: Promises, ones: Untimed[]][] = [
  ['I1', 'what is committed is not in the topic', atLeastOnce, [arrived(0), arrived(2), committed(0), settled(1)]],
  [
    'I1',
    'a sink lacks a record',
    { ...atLeastOnce, sinks: ['out'] },
    [arrived(0), arrived(1), settled(0), settled(1), arrived(0, { place: 'out' })],
  ],
  ['I2', 'a record is there twice, and nothing was cut off', atLeastOnce, [arrived(0), arrived(0, { offset: 1 })]],
  [
    'I2',
    'a record is there twice under exactly-once, after a kill',
    exactlyOnce,
    [arrived(0), kill, healed, arrived(0, { offset: 1 })],
  ],
  [
    'I2',
    'a sink is given a record twice',
    atLeastOnce,
    [arrived(0), arrived(0, { place: 'out' }), arrived(0, { place: 'out' })],
  ],
  [
    'I3',
    'what was committed before a kill comes again',
    atLeastOnce,
    [arrived(0), committed(0), kill, healed, arrived(0, { offset: 1 })],
  ],
  [
    'I3',
    'a sink is given what was committed',
    atLeastOnce,
    [arrived(0), arrived(0, { place: 'out' }), sinkCommitted(1), kill, healed, arrived(0, { place: 'out' })],
  ],
  ['I4', 'a record comes after its successor', atLeastOnce, [arrived(1, { offset: 0 }), arrived(0, { offset: 1 })]],
  ['I5', 'an offset goes back', atLeastOnce, [arrived(0), arrived(1), committed(1), committed(0)]],
  ['I5', 'an offset is gone', atLeastOnce, [arrived(0), committed(0), committed(null)]],
  ['I6', 'an offset is committed before its record', atLeastOnce, [arrived(0), committed(1), arrived(1)]],
  [
    'I6',
    'a sink commits what it has not flushed',
    atLeastOnce,
    [arrived(0), arrived(1), arrived(0, { place: 'out' }), sinkCommitted(2), arrived(1, { place: 'out' })],
  ],
  [
    'I7',
    'two lives write by turns',
    atLeastOnce,
    [arrived(0, { instance: 'x' }), arrived(1, { instance: 'y' }), arrived(2, { instance: 'x' })],
  ],
  [
    'I7',
    'a life comes back after a kill',
    atLeastOnce,
    [arrived(0, { instance: 'x' }), kill, arrived(1, { instance: 'y' }), healed, arrived(2, { instance: 'x' })],
  ],
  [
    'I7',
    'a zombie is not fenced under exactly-once',
    exactlyOnce,
    [arrived(0, { instance: 'x' }), freeze, arrived(1, { instance: 'y' }), healed, arrived(2, { instance: 'x' })],
  ],
  [
    'I7',
    'a life writes after its end',
    atLeastOnce,
    [started('x'), arrived(0, { instance: 'x' }), stopped('x'), arrived(1, { instance: 'x' })],
  ],
  [
    'I7',
    'a life writes after its end, and Kafka has long been back',
    atLeastOnce,
    [started('x'), kafkaGone, { ...kafkaBack, at: 500 }, stopped('x', 6_000), arrived(1, { instance: 'x', at: 6_060 })],
  ],
  [
    'I8',
    'RUNNING is said of nobody',
    atLeastOnce,
    [started('x'), stopped('x', 10), status('RUNNING', 50), status('RUNNING', 200)],
  ],
  [
    'I8',
    'RUNNING is said of nobody long after Kafka is back',
    atLeastOnce,
    [started('x'), stopped('x', 10), kafkaGone, { ...kafkaBack, at: 500 }, status('RUNNING', 700)],
  ],
  [
    'I8',
    'RUNNING is said of what died with its process',
    atLeastOnce,
    [started('x', 7), { kind: 'process gone', pid: 7, at: 10 }, status('RUNNING', 200)],
  ],
  [
    'I8',
    'what is PAUSED writes',
    atLeastOnce,
    [started('x'), status('PAUSED', 1), arrived(0, { at: 200 }), status('PAUSED', 201)],
  ],
  [
    'I9',
    "another one's fault silences a stream",
    atLeastOnce,
    [arrived(0, { stream: other, at: 0 }), ownFault('fault begins', 1), ownFault('fault ends', 200)],
  ],
  [
    'I9',
    "another one's fault restarts a task",
    atLeastOnce,
    [
      arrived(0, { stream: other, at: 0 }),
      ownFault('fault begins', 1),
      { kind: 'started', stream: other, instance: 'y', pid: 1, at: 2 },
    ],
  ],
  ['I10', 'a stream does not go on after a fault', { ...atLeastOnce, streams: [stream] }, [arrived(0), kill, healed]],
  [
    'I10',
    'a stream goes on too late',
    { ...atLeastOnce, streams: [stream] },
    [arrived(0), kill, healed, arrived(1, { at: 500 })],
  ],
  [
    'I10',
    'a task stops in order, and what was done with is not committed',
    atLeastOnce,
    [started('x'), arrived(0), settled(0), committed(0), settled(1, true), stopped('x')],
  ],
  [
    'I10',
    'what is done with is never committed',
    { ...atLeastOnce, commitMs: 100 },
    [arrived(0), settled(0), committed(0), settled(1, true), { kind: 'cut', stream, at: 500 }],
  ],
  [
    'I11',
    'a deleted connector is there again',
    atLeastOnce,
    [wrote('1', 0, 1), wrote(null, 2, 3), read(null, 4), read('1', 6)],
  ],
  ['I11', 'an acknowledged change is lost', atLeastOnce, [wrote('1', 0, 1), wrote('2', 2, 3), read('1', 4)]],
  [
    'I11',
    'a read goes back behind another one',
    atLeastOnce,
    [wrote('1', 0, 1), wrote('2', 2), read('2', 4), read('1', 6)],
  ],
  ['I12', 'memory grows', atLeastOnce, [usage(1, 0, 0), usage(100, 1e8, 0)]],
  ['I12', 'handles grow', atLeastOnce, [usage(1, 0, 10), usage(100, 0, 20)]],
  [
    'I13',
    'a record is visible without its offset',
    exactlyOnce,
    [arrived(0), committed(0), arrived(1), { kind: 'cut', stream }],
  ],
  [
    'I13',
    'an offset is visible without its record',
    exactlyOnce,
    [arrived(0), { kind: 'altered', whose: stream }, committed(1), { kind: 'cut', stream }],
  ],
  ['I14', 'a record arrives altered', atLeastOnce, [arrived(0, { intact: false })]],
  ['I14', 'a record arrives that nobody sent', atLeastOnce, [polled(0), arrived(0), arrived(1)]],
]

describe.each(bad)('%s is broken when %s', (invariant, _what, promises, ones) => {
  test('and the verdict names it and the first that shows it', async () => {
    const verdicts = await judged(promises, ...ones)
    expect(broken(verdicts)).toContain(invariant)
    const verdict = verdicts.find((one) => one.invariant === invariant)
    expect(verdict?.first?.why).toMatch(/\d/)
  })
})

test('the first offending observation is told, and how many there were', async () => {
  const verdicts = await judged(atLeastOnce, arrived(3), arrived(1), arrived(0), arrived(4))
  expect(verdicts.find(({ invariant }) => invariant === 'I4')).toEqual({
    invariant: 'I4',
    holds: false,
    violations: 2,
    first: { why: 'a/0 1 came to topic after 3', observation: { ...arrived(1), at: 2 } },
  })
})

test('what it remembers does not grow with what goes by', () => {
  const checker = createChecker(everyCheck({ ...atLeastOnce, streams: [stream], sinks: ['out'], commitMs: 10_000 }))
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const held = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const feed = (from: number, to: number) => {
    for (let seqno = from; seqno < to; seqno++) {
      for (const one of [polled(seqno), arrived(seqno), settled(seqno), arrived(seqno, { place: 'out' })]) {
        checker.see({ ...one, at: seqno } as Observation)
      }
      if (seqno % 100 === 99) checker.see({ ...committed(seqno), at: seqno })
      if (seqno % 100 === 99) checker.see({ ...sinkCommitted(seqno + 1), at: seqno })
    }
  }
  feed(0, 50_000)
  const before = held()
  feed(50_000, 250_000)
  // 200,000 records of which each is remembered by a single number would be more than that.
  expect(held() - before).toBeLessThan(1_000_000)
  expect(broken(checker.end())).toEqual([])
})
