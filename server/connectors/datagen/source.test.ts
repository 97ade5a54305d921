import { expect, test } from 'vitest'
import { config, quickstartNames } from '#server/connectors/datagen/config.ts'
import { alterOffsets, createConnector, createTask } from '#server/connectors/datagen/source.ts'
import { typed } from '#server/connectors/testdata/typed.ts'
import type { SourceRecord } from '#server/sdk/records.ts'
import type { SourceTaskContext } from '#server/sdk/source-task.ts'
import { Struct } from '#server/sdk/struct.ts'
import { leapingClock } from '#server/sdk/testing/leaping-clock.ts'
import { quietLogger } from '#server/sdk/testing/quiet-logger.ts'
import { meetsSourceContract } from '#server/sdk/testing/source-contract.ts'
import { recordsOf, sourceContext, storedAfter, take } from '#server/sdk/testing/source-harness.ts'
import { textForm } from '#server/sdk/text-form.ts'

const open = (raw: Record<string, string>, context: SourceTaskContext) =>
  createTask(typed(config, { topic: 'made-up', ...raw }), context, raw)

/** What a record says besides its time, which is that of its making. */
function identity({ key, value }: SourceRecord): string {
  if (!(value instanceof Struct)) throw new Error('a record of datagen is a struct')
  const fields = value.schema.fields.filter(({ name }) => !name.endsWith('_at') && !/_(celsius|percent)$/.test(name))
  return [key, ...fields.map(({ name }) => value.get(name))].map((part) => textForm(part ?? null)).join(' ')
}

for (const quickstart of quickstartNames) {
  meetsSourceContract(() => ({
    records: 40,
    open: (context) => open({ quickstart, iterations: '40' }, { ...context, clock: leapingClock() }),
    identity,
  }))
}

test.each(['0.1', '1', '7', '250', '40000'])('makes %s records a second, by the clock', async (rate) => {
  const clock = leapingClock()
  const begun = clock.now()
  const task = open({ 'records.per.second': rate }, sourceContext({ clock }))
  const records = await take(task, 3 * Math.ceil(Number(rate)))
  const seconds = (clock.now() - begun) / 1000
  expect(records.length / Number(rate)).toBeGreaterThan(seconds - 0.05)
  expect(records.length / Number(rate)).toBeLessThan(seconds + 1 / Number(rate) + 0.05)
})

test('waits once for a record that comes seldom, and works in batches where they come thick', async () => {
  const seldom = leapingClock()
  await take(open({ 'records.per.second': '0.01' }, sourceContext({ clock: seldom })), 3)
  expect(seldom.passed).toEqual([100_000, 100_000])
  const thick = leapingClock()
  const task = open({ 'records.per.second': '100000' }, sourceContext({ clock: thick }))
  expect((await take(task, 100_000)).length / thick.passed.length).toBeGreaterThan(1_000)
})

test('makes up for a second at most after the machine slept for a night', async () => {
  const clock = leapingClock()
  const task = open({ 'records.per.second': '10' }, sourceContext({ clock }))
  await take(task, 1)
  clock.leap(8 * 60 * 60 * 1000)
  const late = recordsOf(await task.poll(new AbortController().signal))
  expect(late).toHaveLength(11)
  expect(clock.now() - Number(late[0]?.timestamp)).toBe(1000)
})

test('goes on at its rate when the clock is set back', async () => {
  const clock = leapingClock()
  const task = open({ 'records.per.second': '10' }, sourceContext({ clock }))
  await take(task, 5)
  clock.leap(-60 * 60 * 1000)
  const begun = clock.now()
  await take(task, 10)
  expect(clock.now() - begun).toBeLessThanOrEqual(1_000)
})

test.each(quickstartNames)(
  'makes the same %s again when they are sent again, and others for another connector',
  async (quickstart) => {
    const made = async (connector: string) => {
      const context = sourceContext({ clock: leapingClock(), connector })
      return (await take(open({ quickstart }, context), 50)).map(({ value }) => textForm(value))
    }
    expect(await made('shop')).toEqual(await made('shop'))
    expect(await made('shop')).not.toEqual(await made('other-shop'))
  },
)

test('shares rate and number of records among its tasks, with ids that none of them repeats', async () => {
  const given = { topic: 'made-up', 'records.per.second': '10', iterations: '25' }
  const context = {
    connector: 'shop',
    logger: quietLogger,
    requestTaskReconfiguration: () => undefined,
    raiseError: () => undefined,
  }
  const configs = (await createConnector(typed(config, given), context, given).taskConfigs?.(4)) ?? []
  expect(configs).toHaveLength(4)
  const begun = leapingClock().now()
  const tasks = configs.map((raw, task) => open(raw, sourceContext({ task, clock: leapingClock() })))
  const all = await Promise.all(tasks.map((task, at) => take(task, at === 0 ? 7 : 6)))
  for (const task of tasks) expect(await task.poll(AbortSignal.timeout(20))).toBeNull()
  const records = all.flat().sort((a, b) => Number(a.timestamp) - Number(b.timestamp))
  expect(records.map(({ timestamp }) => Number(timestamp) - begun)).toEqual(
    Array.from({ length: 25 }, (_, i) => i * 100),
  )
  expect(new Set(records.map(({ key }) => key)).size).toBe(25)
})

test('starts no more tasks than there are records to make', async () => {
  const given = { topic: 'made-up', iterations: '2' }
  const context = {
    connector: 'shop',
    logger: quietLogger,
    requestTaskReconfiguration: () => undefined,
    raiseError: () => undefined,
  }
  expect(await createConnector(typed(config, given), context, given).taskConfigs?.(5)).toHaveLength(2)
})

test('makes not one more after a restart at its end', async () => {
  const first = await take(open({ iterations: '3' }, sourceContext({ clock: leapingClock() })), 3)
  const task = open({ iterations: '3' }, sourceContext({ clock: leapingClock(), stored: storedAfter(first) }))
  await task.start?.()
  expect(await task.poll(AbortSignal.timeout(20))).toBeNull()
})

test('takes counts for offsets and nothing else', async () => {
  const partition = { quickstart: 'orders', task: 0 }
  expect(
    alterOffsets({}, [
      { partition, offset: { count: 0 } },
      { partition, offset: null },
    ]),
  ).toBe(true)
  for (const count of [-1, 1.5, '7', null, undefined]) {
    expect(() => alterOffsets({}, [{ partition, offset: { count } }])).toThrow('whole number')
  }
  const stored = new Map([[JSON.stringify(partition), { count: 'many' }]])
  const task = open({}, sourceContext({ stored }))
  await expect(Promise.resolve(task.start?.())).rejects.toMatchObject({ code: 'START_FAILED' })
})
