import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Bench } from '#e2e/checker/planted/bench.ts'
import { createAdmin } from '#server/kafka/admin.ts'

const patience = { timeout: 20_000, interval: 10 }

const endOf = async ({ client }: Bench, topic: string): Promise<number> =>
  (await createAdmin(client).listOffsets([{ topic, partition: 0 }], 'latest'))[0]?.offset ?? 0

/** Waits until there are so many records in the topic, whoever wrote them. */
export const recordsArrive = (bench: Bench, count: number): Promise<void> =>
  expect.poll(() => endOf(bench, bench.topic), patience).toBeGreaterThanOrEqual(count)

/** Waits until there are so many more records in the topic than now. */
export const moreRecordsArrive = async (bench: Bench, count: number): Promise<void> =>
  recordsArrive(bench, (await endOf(bench, bench.topic)) + count)

/** Waits until offsets were stored so often. */
export const offsetsAreStored = (bench: Bench, times: number): Promise<void> =>
  expect.poll(() => endOf(bench, bench.offsetsTopic), patience).toBeGreaterThanOrEqual(times)

/** Waits until the group of a sink has committed everything that is in the topic now. */
export async function sinkHasAll(bench: Bench, name: string): Promise<void> {
  const end = await endOf(bench, bench.topic)
  const committed = async () => (await createAdmin(bench.client).groupOffsets(`connect-${name}`))[0]?.offset ?? 0
  await expect.poll(committed, patience).toBeGreaterThanOrEqual(end)
}

/** Waits until a group has so many members and has settled. */
export async function membersSettle(bench: Bench, name: string, count: number): Promise<void> {
  const group = async () => {
    const { state, members } = await createAdmin(bench.client).describeGroup(`connect-${name}`)
    return `${state} ${members.length}`
  }
  await expect.poll(group, patience).toBe(`Stable ${count}`)
}

/** Waits until a ledger says so. */
export async function ledgerSays(bench: Bench, words: string, times = 1): Promise<void> {
  const said = () => {
    const text = readdirSync(bench.ledgers).map((file) => readFileSync(join(bench.ledgers, file), 'utf8'))
    return text.join('').split(words).length - 1
  }
  await expect.poll(said, patience).toBeGreaterThanOrEqual(times)
}
