import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TargetState } from '#server/contract/connector.ts'
import type { WantedInstance } from '#server/core/instance-action.ts'
import { createInstanceSet, type InstanceSteps } from '#server/runtime/herder/instance-set.ts'
import { settled } from '#server/runtime/test-tree/fake-clock.ts'

/** Steps that end when the test says so, and what was begun and ended, in order. */
function heldSteps() {
  const log: string[] = []
  const open = new Map<string, (outcome: boolean) => void>()
  const step = (what: string, name: string) =>
    new Promise<boolean>((resolve) => {
      log.push(`${what} ${name}`)
      open.set(name, (outcome) => {
        open.delete(name)
        resolve(outcome)
      })
    })
  const steps: InstanceSteps = {
    start: (name, target) => step(`start(${target})`, name),
    stop: async (name, why) => void (await step(`stop(${why})`, name)),
    retarget: (name, target) => step(`retarget(${target})`, name),
  }
  return {
    steps,
    log,
    async end(name: string, outcome = true) {
      const finish = open.get(name)
      if (!finish) throw new Error(`nothing is under way for ${name}`)
      finish(outcome)
      await settled()
    },
  }
}

function setOf(initial: Record<string, [version: number, target: TargetState]> = {}) {
  const wanted = new Map<string, WantedInstance>()
  const held = heldSteps()
  const set = createInstanceSet({ wanted: () => wanted, wantedOf: (name) => wanted.get(name), steps: held.steps })
  const want = (name: string, version: number, target: TargetState = 'STARTED') => {
    wanted.set(name, { version, target })
    set.reconcile()
  }
  const drop = (name: string) => {
    wanted.delete(name)
    set.reconcile()
  }
  for (const [name, [version, target]] of Object.entries(initial)) want(name, version, target)
  return { ...held, set, want, drop }
}

describe('one step at a time for each instance', () => {
  test('what changes during a stop is looked at when the stop is over', async () => {
    const { want, drop, end, log } = setOf({ a: [1, 'STARTED'] })
    await end('a')
    drop('a')
    want('a', 2)
    want('a', 3)
    expect(log).toEqual(['start(STARTED) a', 'stop(gone) a'])
    await end('a')
    expect(log.slice(2)).toEqual(['start(STARTED) a'])
    await end('a')
    expect(log).toHaveLength(3)
  })

  test('no instance waits for another one', async () => {
    const { want, log } = setOf({ hangs: [1, 'STARTED'] })
    want('other', 1)
    expect(log).toEqual(['start(STARTED) hangs', 'start(STARTED) other'])
  })

  test('a start that hangs does not keep its instance from being put down', async () => {
    const { set, drop, end, log } = setOf({ a: [1, 'STARTED'] })
    const idle = set.idle(['a'])
    drop('a')
    await settled()
    expect(log).toEqual(['start(STARTED) a', 'stop(gone) a'])
    await end('a')
    await idle
    expect(set.has('a')).toBe(false)
  })

  test('a start, or a resume, that hangs is overtaken when it is to be stopped', async () => {
    const { want, end, log, set } = setOf({ a: [1, 'STARTED'] })
    want('a', 1, 'STOPPED')
    await settled()
    expect(log).toEqual(['start(STARTED) a', 'stop(changed) a'])
    await end('a')
    await end('a')
    expect(log.at(-1)).toBe('start(STOPPED) a')
    expect(set.isUp('a')).toBe(true)
    want('a', 1)
    want('a', 1, 'STOPPED')
    await settled()
    expect(log.slice(3)).toEqual(['retarget(STARTED) a', 'stop(changed) a'])
  })

  test('a pause that hangs keeps its instance neither from a restart nor from being put down', async () => {
    const { set, want, drop, end, log } = setOf({ a: [1, 'STARTED'] })
    await end('a')
    want('a', 1, 'PAUSED')
    const restarted = set.restart('a')
    await settled()
    await end('a') // the stop
    await end('a') // the start
    expect(await restarted).toBe(true)
    want('a', 1, 'STARTED')
    drop('a')
    await settled()
    await end('a')
    expect(set.has('a')).toBe(false)
    expect(log).toEqual([
      ...['start(STARTED) a', 'retarget(PAUSED) a', 'stop(restart) a', 'start(PAUSED) a'],
      ...['retarget(STARTED) a', 'stop(gone) a'],
    ])
  })

  test('a start that hangs is overtaken by another config and by a restart, and its late end counts for nothing', async () => {
    const starts: ((up: boolean) => void)[] = []
    const signals: AbortSignal[] = []
    const wanted = new Map([['a', { version: 1, target: 'STARTED' as TargetState }]])
    const set = createInstanceSet({
      wanted: () => wanted,
      wantedOf: (name) => wanted.get(name),
      steps: {
        start: (_name, _target, overtaken) => {
          signals.push(overtaken)
          return new Promise((resolve) => starts.push(resolve))
        },
        stop: async () => undefined,
        retarget: async () => true,
      },
    })
    set.reconcile()
    wanted.set('a', { version: 2, target: 'STARTED' })
    set.reconcile()
    await settled()
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
    const restarted = set.restart('a')
    await settled()
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, false])
    starts[0]?.(true)
    starts[2]?.(false)
    expect(await restarted).toBe(false)
    expect(set.hasFailed('a')).toBe(true)
  })
})

describe('restarts', () => {
  test('are answered with whether the instance is up, and not at all for one that is not here', async () => {
    const { set, end, log } = setOf({ a: [1, 'STARTED'] })
    await end('a')
    expect(await set.restart('b')).toBeUndefined()
    const up = set.restart('a')
    await end('a')
    await end('a', true)
    expect(await up).toBe(true)
    const down = set.restart('a')
    await end('a')
    await end('a', false)
    expect(await down).toBe(false)
    expect(log).toEqual([
      'start(STARTED) a',
      ...['stop(restart) a', 'start(STARTED) a'],
      ...['stop(restart) a', 'start(STARTED) a'],
    ])
  })

  test('asked while one is stopping are merged into the one after it, and both are answered', async () => {
    const { set, end, log } = setOf({ a: [1, 'STARTED'] })
    await end('a')
    const answers = [set.restart('a'), set.restart('a'), set.restart('a')]
    await end('a') // the stop of the first
    await end('a') // its start
    expect(await answers[0]).toBe(true)
    await end('a')
    await end('a', false)
    expect(await Promise.all(answers)).toEqual([true, false, false])
    expect(log.filter((entry) => entry.startsWith('stop'))).toHaveLength(2)
  })

  test('of what is put down meanwhile are answered with undefined', async () => {
    const { set, drop, end } = setOf({ a: [1, 'STARTED'] })
    await end('a')
    drop('a')
    const answer = set.restart('a')
    await end('a')
    expect(await answer).toBeUndefined()
  })
})

describe('what an instance says of itself', () => {
  test('a failure during the start counts more than the start that returned', async () => {
    const { set, end, want, log } = setOf({ a: [1, 'STARTED'] })
    set.noted('a', 'failed')
    await end('a', true)
    expect(set.hasFailed('a')).toBe(true)
    want('a', 1, 'PAUSED')
    expect(log).toHaveLength(1) // a failed instance is left alone by pause and resume
    want('a', 1, 'STOPPED')
    expect(log.at(-1)).toBe('stop(changed) a')
  })

  test('the last words of the instance before a restart are not those of the one after it', async () => {
    const { set, end } = setOf({ a: [1, 'STARTED'] })
    await end('a')
    const up = set.restart('a')
    set.noted('a', 'failed') // the old one, while it stops
    await end('a')
    await end('a', true)
    expect(await up).toBe(true)
    expect(set.hasFailed('a')).toBe(false)
  })

  test('of a name that is not here changes nothing', () => {
    const { set } = setOf()
    set.noted('nobody', 'failed')
    expect(set.has('nobody')).toBe(false)
  })
})

test('idle waits for the step after the step, for the named alone', async () => {
  const { set, drop, end } = setOf({ a: [1, 'STARTED'], b: [1, 'STARTED'] })
  await end('a')
  let idle = false
  drop('a')
  const waiting = set.idle(['a']).then(() => {
    idle = true
  })
  await settled()
  expect(idle).toBe(false)
  await end('a')
  await waiting
  expect(set.has('b')).toBe(true)
  const all = set.idle()
  await end('b')
  await all
})

test('whatever is wanted in whatever order, in the end exactly that runs', async () => {
  const names = ['a', 'b', 'c']
  const change = fc.record({
    name: fc.constantFrom(...names),
    version: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    target: fc.constantFrom<TargetState>('STARTED', 'PAUSED', 'STOPPED'),
    restart: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 20 }), async (changes) => {
      const wanted = new Map<string, WantedInstance>()
      const running = new Map<string, WantedInstance>()
      const busy = new Set<string>()
      const alone = async (name: string, work: () => void) => {
        expect(busy.has(name)).toBe(false)
        busy.add(name)
        await settled()
        busy.delete(name)
        work()
      }
      const set = createInstanceSet({
        wanted: () => wanted,
        wantedOf: (name) => wanted.get(name),
        steps: {
          async start(name, target, overtaken) {
            expect(running.has(name)).toBe(false)
            await settled()
            if (!overtaken.aborted) running.set(name, { version: wanted.get(name)?.version ?? -1, target })
            return true
          },
          stop: (name) => alone(name, () => running.delete(name)),
          async retarget(name, target, overtaken) {
            expect(busy.has(name)).toBe(false)
            await settled()
            if (!overtaken.aborted) Object.assign(running.get(name) ?? {}, { target })
            return true
          },
        },
      })
      for (const { name, version, target, restart } of changes) {
        if (version === undefined) wanted.delete(name)
        else wanted.set(name, { version, target })
        if (restart) void set.restart(name)
        set.reconcile()
        if (version === 2) await settled()
      }
      await set.idle()
      expect(running).toEqual(wanted)
      for (const name of names) expect(set.has(name)).toBe(wanted.has(name))
    }),
    { numRuns: 500 },
  )
})
