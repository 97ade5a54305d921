import { expect, test } from 'vitest'
import { createTester } from '#server/runtime/connection-test/tester.ts'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'
import { TestWarning } from '#server/sdk/connection-tester.ts'

const open = () => new AbortController().signal

test('what comes after a step that failed is skipped without being run; a warning lets the test go on', async () => {
  const tester = createTester(createFakeClock(), open())
  expect(await tester.step('name', {}, () => 'found')).toBe(true)
  expect(
    await tester.step('file', { field: 'file', hint: 'Make it.' }, () => {
      throw new TestWarning('not there yet')
    }),
  ).toBe(true)
  expect(
    await tester.step('login', { field: 'user', hint: 'Check it.' }, () => {
      throw new Error('refused')
    }),
  ).toBe(false)
  let ran = false
  await tester.step('rights', {}, () => {
    ran = true
    return undefined
  })
  expect(ran).toBe(false)
  expect(tester.result()).toEqual({
    ok: false,
    steps: [
      { title: 'name', outcome: 'passed', detail: 'found', ms: 0 },
      { title: 'file', field: 'file', outcome: 'warned', detail: 'not there yet', hint: 'Make it.', ms: 0 },
      { title: 'login', field: 'user', outcome: 'failed', detail: 'refused', hint: 'Check it.', ms: 0 },
      { title: 'rights', outcome: 'skipped', ms: 0 },
    ],
  })
})

test('a step that never answers fails after ten seconds, or when the test is ended', async () => {
  const clock = createFakeClock()
  const tester = createTester(clock, open())
  const stuck = tester.step('reach', {}, () => new Promise(() => undefined))
  await clock.pass(10_000)
  expect(await stuck).toBe(false)
  expect(tester.result().steps[0]).toMatchObject({ outcome: 'failed', detail: 'No answer within 10 s.' })

  const ended = new AbortController()
  const other = createTester(clock, ended.signal)
  const waiting = other.step('reach', {}, () => new Promise(() => undefined))
  ended.abort()
  expect(await waiting).toBe(false)
  expect(other.result().steps[0]).toMatchObject({ detail: 'The test was ended.' })
})
