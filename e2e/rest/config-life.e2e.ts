import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import { ask, askSettled, inState } from '#e2e/harness/rest.ts'
import { writeTopic } from '#e2e/harness/topic.ts'
import { eventually } from '#e2e/start/eventually.ts'

let cluster: Cluster
let urls: Record<'leader' | 'follower', string>

beforeAll(async () => {
  cluster = await startCluster({ workers: 2 })
  const { body } = await askSettled(cluster.workers[0]?.url ?? '', 'GET', '/sluice/v1/cluster')
  const leads = (id: string) =>
    body.workers.some((worker: { id: string; leader: boolean }) => worker.leader && worker.id === id)
  const [leader, follower] = cluster.workers.toSorted((a, b) => Number(leads(b.id)) - Number(leads(a.id)))
  urls = { leader: leader?.url ?? '', follower: follower?.url ?? '' }
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

const other = { leader: 'follower', follower: 'leader' } as const

describe.each(['leader', 'follower'] as const)('asked of the %s', (role) => {
  const call = (method: string, path: string, body?: unknown) => askSettled(urls[role], method, path, body)

  test.each(['PAUSED', 'STOPPED'])(
    'a connector begins %s when that is its initial state, without tasks, and resumes',
    async (state) => {
      const name = `born-${state}-${role}`.toLowerCase()
      writeFileSync(cluster.file(name), 'line\n')
      const config = { 'connector.class': 'FileStreamSource', file: cluster.file(name), topic: name }
      const created = await call('POST', '/connectors', { name, config, initial_state: state.toLowerCase() })
      expect(created).toMatchObject({ status: 201, body: { name, tasks: [] } })
      await inState(urls[other[role]], name, state, 0)
      expect((await call('PUT', `/connectors/${name}/resume`)).status).toBe(202)
      await inState(urls[role], name, 'RUNNING')
      expect((await call('DELETE', `/connectors/${name}`)).status).toBe(204)
    },
  )

  test('many restarts at once leave one connector with one task, running', async () => {
    const name = `restless-${role}`
    writeFileSync(cluster.file(name), 'line\n')
    await call('PUT', `/connectors/${name}/config`, {
      'connector.class': 'FileStreamSource',
      file: cluster.file(name),
      topic: name,
    })
    await inState(urls[role], name, 'RUNNING')
    const path = `/connectors/${name}/restart?includeTasks=true`
    const answers = await Promise.all(Array.from({ length: 12 }, () => call('POST', path)))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 202))
    await inState(urls[other[role]], name, 'RUNNING')
    expect((await call('DELETE', `/connectors/${name}`)).status).toBe(204)
  })

  test("a sink's offsets change only while it is stopped and nobody is in its group", async () => {
    const name = `sink-${role}`
    const { bootstrapServers } = cluster
    await writeTopic(bootstrapServers, name, ['1', '2', '3', '4', '5'])
    const file = cluster.file(name)
    const config = {
      'connector.class': 'FileStreamSink',
      topics: name,
      file,
      'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
    }
    await call('PUT', `/connectors/${name}/config`, config)
    await inState(urls[role], name, 'RUNNING')
    const at = (offset: number) => ({
      offsets: [{ partition: { kafka_topic: name, kafka_partition: 0 }, offset: { kafka_offset: offset } }],
    })
    const offsets = `/connectors/${name}/offsets`
    const committed = async () =>
      JSON.stringify((await call('GET', offsets)).body) === JSON.stringify(at(5)) ? true : undefined
    await eventually(committed, { withinMs: 30_000, what: 'five records are committed' })

    const refused = await call('PATCH', offsets, at(2))
    expect(refused.status).toBe(400)
    expect(refused.body.message).toContain(
      'Connectors must be in the STOPPED state before their offsets can be modified',
    )

    expect((await call('PUT', `/connectors/${name}/stop`)).status).toBe(204)
    await inState(urls[role], name, 'STOPPED', 0)
    const altered = () => call('PATCH', offsets, at(2))
    await eventually(async () => ((await altered()).status === 200 ? true : undefined), {
      withinMs: 30_000,
      what: 'the task has left its group',
    })
    expect((await call('GET', offsets)).body).toEqual(at(2))
    await call('PUT', `/connectors/${name}/resume`)
    const written = async () => (readFileSync(file, 'utf8') === '1\n2\n3\n4\n5\n3\n4\n5\n' ? true : undefined)
    await eventually(written, { withinMs: 30_000, what: 'three records are written again' })

    await call('PUT', `/connectors/${name}/stop`)
    await inState(urls[role], name, 'STOPPED', 0)
    const zombie = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING }).consumer({
      groupId: `connect-${name}`,
    })
    await zombie.connect()
    try {
      const joined = new Promise((resolve) => zombie.on('consumer.group_join', resolve))
      await zombie.subscribe({ topic: name })
      await zombie.run({ eachMessage: async () => undefined })
      await joined
      const occupied = await call('DELETE', offsets)
      expect(occupied.status).toBe(500)
      expect(occupied.body.message).toContain(
        `Failed to reset consumer group offsets for connector ${name} either because`,
      )
    } finally {
      await zombie.disconnect()
    }
    expect(await call('DELETE', offsets)).toMatchObject({
      status: 200,
      body: { message: expect.stringContaining('have been reset successfully') },
    })
    expect((await call('GET', offsets)).body).toEqual({ offsets: [] })
    expect((await call('DELETE', `/connectors/${name}`)).status).toBe(204)
  })

  test('topics that were reset are told again as soon as the running tasks use them again', async () => {
    const name = `tracked-${role}`
    const [file, copy] = [cluster.file(name), cluster.file(`${name}-copy`)]
    writeFileSync(file, 'first\n')
    const source = { 'connector.class': 'FileStreamSource', file, topic: name }
    const sink = { 'connector.class': 'FileStreamSink', topics: name, file: copy }
    const both = { [name]: source, [`${name}-out`]: sink }
    for (const [connector, config] of Object.entries(both)) {
      expect((await call('PUT', `/connectors/${connector}/config`, config)).status).toBe(201)
    }
    const tell = (connector: string, topics: string[], meanwhile?: () => void) =>
      eventually(
        async () => {
          meanwhile?.()
          const { body } = await call('GET', `/connectors/${connector}/topics`)
          return JSON.stringify(body) === JSON.stringify({ [connector]: { topics } }) || undefined
        },
        { withinMs: 30_000, what: `${connector} uses ${topics.join() || 'no topic'}` },
      )
    for (const connector of Object.keys(both)) await tell(connector, [name])
    for (const connector of Object.keys(both)) {
      expect((await call('PUT', `/connectors/${connector}/topics/reset`)).status).toBe(202)
      await tell(connector, [])
    }
    // Who has not heard of the reset yet takes what comes for told already; the next record tells.
    const write = () => appendFileSync(file, 'more\n')
    for (const connector of Object.keys(both)) await tell(connector, [name], write)
    for (const connector of Object.keys(both)) {
      expect((await call('DELETE', `/connectors/${connector}`)).status).toBe(204)
    }
  })

  test('a level with the scope of the cluster reaches the other worker, one without stays', async () => {
    const logger = `org.example.${role}`
    expect(await call('PUT', `/admin/loggers/${logger}.own`, { level: 'DEBUG' })).toMatchObject({ status: 200 })
    expect((await call('PUT', `/admin/loggers/${logger}?scope=cluster`, { level: 'TRACE' })).status).toBe(204)
    const reached = async () =>
      (await ask(urls[other[role]], 'GET', `/admin/loggers/${logger}`)).status === 200 ? true : undefined
    await eventually(reached, { withinMs: 30_000, what: 'the other worker has heard of the level' })
    const there = await ask(urls[other[role]], 'GET', `/admin/loggers/${logger}`)
    expect(there.body).toEqual({ level: 'TRACE', last_modified: expect.any(Number) })
    expect((await ask(urls[other[role]], 'GET', `/admin/loggers/${logger}.own`)).status).toBe(404)
  })
})
