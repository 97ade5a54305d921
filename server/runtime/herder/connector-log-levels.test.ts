import { expect, test } from 'vitest'
import { createConfigFold } from '#server/core/config-fold.ts'
import { createConnectorLogLevels } from '#server/runtime/herder/connector-log-levels.ts'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'

function setup() {
  const clock = createFakeClock()
  const fold = createConfigFold()
  const applied: string[] = []
  const over = new AbortController()
  const say = (connector: string, level: string | null, forMs = 0) => {
    const set = level === null ? null : { level, until: clock.now() + forMs }
    fold.apply({ kind: 'connector-log-level', connector, set }, 0)
  }
  const open = () =>
    createConnectorLogLevels({
      configs: fold,
      apply: (connector, level) => void applied.push(`${connector}=${level}`),
      clock,
      signal: over.signal,
    })
  return { clock, applied, say, open, over }
}

test('a level goes back by itself when its time is over, and at once when somebody says so', async () => {
  const { clock, applied, say, open } = setup()
  const levels = open()
  say('a', 'DEBUG', 60_000)
  levels.changed('a')
  say('b', 'TRACE', 60_000)
  levels.changed('b')
  await clock.pass(10_000)
  say('b', null)
  levels.changed('b')
  await clock.pass(49_999)
  expect(applied).toEqual(['a=DEBUG', 'b=TRACE', 'b=null'])
  await clock.pass(1)
  expect(applied.slice(3)).toEqual(['a=null'])
})

test('who sets it again sets its time anew', async () => {
  const { clock, applied, say, open } = setup()
  const levels = open()
  say('a', 'DEBUG', 60_000)
  levels.changed('a')
  await clock.pass(50_000)
  say('a', 'TRACE', 60_000)
  levels.changed('a')
  await clock.pass(59_999)
  expect(applied).toEqual(['a=DEBUG', 'a=TRACE'])
  await clock.pass(1)
  expect(applied).toEqual(['a=DEBUG', 'a=TRACE', 'a=null'])
})

test('a worker that comes later keeps to it for the rest of its time, and to none that is over', async () => {
  const { clock, applied, say, open } = setup()
  say('a', 'DEBUG', 60_000)
  say('old', 'DEBUG', 1_000)
  await clock.pass(20_000)
  open()
  expect(applied).toEqual(['a=DEBUG'])
  await clock.pass(40_000)
  expect(applied).toEqual(['a=DEBUG', 'a=null'])
})

test('I12: nothing waits once the worker stops', async () => {
  const { clock, say, open, over } = setup()
  say('a', 'DEBUG', 60_000)
  open()
  over.abort()
  await clock.pass(0)
  expect(clock.sleeping()).toEqual([])
})
