import { appendFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import { readCommitted } from '#e2e/harness/committed.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { ask, askSettled, inState } from '#e2e/harness/rest.ts'
import { create, sourceOf } from '#e2e/reliability/file-pair.ts'
import { eventually } from '#e2e/start/eventually.ts'

describe.each(['disabled', 'enabled'])('with exactly-once %s, a source with an offsets topic for itself', (support) => {
  let cluster: Cluster
  let worker: ConnectWorker
  beforeAll(async () => {
    cluster = await startCluster({ properties: { 'exactly.once.source.support': support } })
    worker = cluster.workers[0] as ConnectWorker
  })
  afterAll(() => cluster?.[Symbol.asyncDispose]())

  const call = (method: string, path: string, body?: unknown) => askSettled(worker.url, method, path, body)
  const lines = async (topic: string, count: number) => {
    const read = async () => (await readCommitted(cluster.bootstrapServers, topic)).map(({ value }) => value)
    return eventually(
      async () => {
        const found = await read()
        return found.length >= count ? found : undefined
      },
      { withinMs: 30_000, what: `${count} lines in ${topic}` },
    )
  }
  /** The last that an offsets topic says of a connector; undefined: nothing. */
  const lastIn = async (topic: string, connector: string) => {
    const records = await readCommitted(cluster.bootstrapServers, topic)
    return records.findLast(({ key }) => JSON.parse(key ?? '')[0] === connector)?.value
  }
  const becomes = (topic: string, connector: string, value: string | null) =>
    eventually(async () => (await lastIn(topic, connector)) === value || undefined, {
      withinMs: 30_000,
      what: `${topic} says ${value} of ${connector}`,
    })
  async function stopped(name: string) {
    expect(await call('PUT', `/connectors/${name}/stop`)).toMatchObject({ status: 204 })
    await inState(worker.url, name, 'STOPPED', 0)
  }
  async function resumed(name: string) {
    expect(await call('PUT', `/connectors/${name}/resume`)).toMatchObject({ status: 202 })
    await inState(worker.url, name, 'RUNNING')
  }

  test('keeps them there and copies them to the worker; reads, changes and resets go to both', async () => {
    const [topic, own, workers] = [`${cluster.group}-lines`, `${cluster.group}-own`, `${cluster.group}-offsets`]
    const file = cluster.file('lines')
    writeFileSync(file, 'one\ntwo\nthree\n')
    await create(worker, 'c', { ...sourceOf(file, topic), 'offsets.storage.topic': own })
    expect(await lines(topic, 3)).toEqual(['one', 'two', 'three'])
    for (const place of [own, workers]) await becomes(place, 'c', '{"position":14}')

    const at = (position: number) => ({ offsets: [{ partition: { filename: file }, offset: { position } }] })
    expect((await call('GET', '/connectors/c/offsets')).body).toEqual(at(14))
    await stopped('c')
    expect(await call('PATCH', '/connectors/c/offsets', at(8))).toMatchObject({ status: 200 })
    expect((await call('GET', '/connectors/c/offsets')).body).toEqual(at(8))
    for (const place of [own, workers]) await becomes(place, 'c', '{"position":8}')
    await resumed('c')
    expect(await lines(topic, 4)).toEqual(['one', 'two', 'three', 'three'])

    await becomes(own, 'c', '{"position":14}')
    await stopped('c')
    expect(await call('DELETE', '/connectors/c/offsets')).toMatchObject({ status: 200 })
    expect((await call('GET', '/connectors/c/offsets')).body).toEqual({ offsets: [] })
    for (const place of [own, workers]) expect(await lastIn(place, 'c')).toBeNull()
    await resumed('c')
    expect(await lines(topic, 7)).toEqual(['one', 'two', 'three', 'three', 'one', 'two', 'three'])
  })

  test('goes on from what the worker knows of it where its own topic is new', async () => {
    const [topic, own] = [`${cluster.group}-moved`, `${cluster.group}-moved-own`]
    const file = cluster.file('moved')
    writeFileSync(file, 'one\n')
    await create(worker, 'm', sourceOf(file, topic))
    await lines(topic, 1)
    await becomes(`${cluster.group}-offsets`, 'm', '{"position":4}')
    await call('PUT', '/connectors/m/config', { ...sourceOf(file, topic), 'offsets.storage.topic': own })
    await eventually(
      async () => {
        const { body } = await ask(worker.url, 'GET', '/connectors/m/tasks')
        return body?.[0]?.config?.['offsets.storage.topic'] === own || undefined
      },
      { withinMs: 30_000, what: 'the task is configured anew' },
    )
    await inState(worker.url, 'm', 'RUNNING')
    appendFileSync(file, 'two\n')
    await becomes(own, 'm', '{"position":8}')
    expect(await lines(topic, 2)).toEqual(['one', 'two'])
  })
})
