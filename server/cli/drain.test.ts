import { expect, test } from 'vitest'
import { runCli } from '#server/cli/run-cli.ts'
import type { Clock } from '#server/contract/clock.ts'
import type { Drain } from '#server/contract/connector.ts'
import { createMemoryHerder } from '#server/rest/test-tree/memory-herder.ts'

const drain = (left: number, rest: Partial<Drain> = {}): Drain => ({
  worker: 'a:1',
  askedAt: 0,
  state: left === 0 ? 'drained' : 'draining',
  left,
  waitsFor: null,
  ...rest,
})

/** A command line against a group whose drain goes on each time that it is looked at; a second passes between looks. */
async function command(args: string[], course: Drain[]) {
  const memory = createMemoryHerder()
  let looks = 0
  const at = () => looks * 1_000
  const clock: Clock = { now: at, monotonic: at, random: () => 0, sleep: async () => undefined }
  const now = () => course[Math.min(looks, course.length - 1)] as Drain
  const herder = {
    ...memory,
    drain: async () => now(),
    async cluster() {
      looks++
      return { ...(await memory.cluster()), drains: [now()] }
    },
  }
  const out: string[] = []
  const io = { print: (text: string) => void out.push(text), complain: (text: string) => void out.push(text) }
  const code = await runCli('drain', args, io, () => ({
    herder,
    workerAt: () => herder,
    topics: () => {
      throw new Error('not asked')
    },
    ...io,
    paint: (_look, text) => text,
    clock,
    signal: new AbortController().signal,
  }))
  return { code, out }
}

test('drain says what was begun, and with --wait how it goes until the worker is empty', async () => {
  expect(await command(['a:1'], [drain(2)])).toEqual({
    code: 0,
    out: ['a:1: draining, 2 connectors and tasks left'],
  })
  expect(await command(['a:1', '--wait'], [drain(2), drain(2), drain(1), drain(0)])).toEqual({
    code: 0,
    out: ['a:1: draining, 2 connectors and tasks left', 'a:1: draining, 1 connector or task left', 'a:1: drained'],
  })
})

test('drain --wait exits 3 when time is up, when nobody is left to take the work, and when a JVM worker leads', async () => {
  const late = await command(['a:1', '--wait', '--timeout', '2', '--json'], [drain(2)])
  expect(late.code).toBe(3)
  expect(JSON.parse(late.out[0] ?? '')).toMatchObject([
    { name: 'a:1', outcome: 'draining', answer: { worker: 'a:1', state: 'draining', left: 2, asked_at: 0 } },
  ])
  for (const [waitsFor, why] of [
    ['worker', 'no other worker takes work'],
    ['leader', 'a JVM worker leads the group'],
  ] as const) {
    const { code, out } = await command(['a:1', '--wait'], [drain(2), drain(2, { state: 'waiting', waitsFor })])
    expect(code).toBe(3)
    expect(out.join()).toContain(why)
  }
})

test('a number of seconds that is none is told, with exit code 2', async () => {
  expect((await command(['a:1', '--wait', '--timeout', 'soon'], [drain(1)])).code).toBe(2)
})
