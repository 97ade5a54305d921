import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { InstanceState } from '#server/contract/connector.ts'
import { targetOf } from '#server/core/config-fold.ts'
import type { StoredStatus } from '#server/core/status-record.ts'
import { eventually } from '#server/runtime/test-tree/eventually.ts'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'
import { type RestartableKafka, startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'
import { openStores } from '#server/runtime/test-tree/test-stores.ts'
import { startWire } from '#server/runtime/test-tree/wire.ts'

let kafka: RestartableKafka
beforeAll(async () => {
  kafka = await startRestartableKafka()
})
afterAll(() => kafka[Symbol.asyncDispose]())

async function startStores(id?: string) {
  const stores = openStores(kafka.bootstrapServers, id)
  await stores.start()
  return stores
}

describe('the config store', () => {
  test('I11: has read every write back before it resolves', async () => {
    await using stores = await startStores()
    const { configs } = stores
    await configs.putConnector('c', { a: '1', nothing: null }, 'PAUSED')
    expect(configs.state.connectors.get('c')?.config).toEqual({ a: '1', nothing: null })
    expect(targetOf(configs.state, 'c')).toBe('PAUSED')
    await configs.putTasks('c', [{ n: '0' }, { n: '1' }])
    expect(configs.state.connectors.get('c')?.tasks).toEqual([{ n: '0' }, { n: '1' }])
    await configs.putTarget('c', 'STARTED')
    expect(targetOf(configs.state, 'c')).toBe('STARTED')
    await configs.stopConnector('c')
    expect(targetOf(configs.state, 'c')).toBe('STOPPED')
    expect(configs.state.connectors.get('c')?.tasks).toEqual([])
    await configs.removeConnector('c')
    expect(configs.state.connectors.has('c')).toBe(false)
    expect(configs.state.targets.has('c')).toBe(false)
  })

  test('I11: a worker that starts later finds what was written, and what was deleted stays deleted', async () => {
    await using writer = await startStores()
    await writer.configs.putConnector('kept', { a: '1' })
    await writer.configs.putTasks('kept', [{ n: '0' }])
    await writer.configs.putConnector('deleted', { a: '1' })
    await writer.configs.putTasks('deleted', [{ n: '0' }])
    await writer.configs.removeConnector('deleted')
    await using reader = await startStores(writer.id)
    expect([...reader.configs.state.connectors.keys()]).toEqual(['kept'])
    expect(reader.configs.state).toEqual(writer.configs.state)
    expect(reader.changes).toEqual([]) // only what changes from now on is told
    await writer.configs.putRestart('kept', { includeTasks: true, onlyFailed: false })
    await reader.configs.readToEnd()
    expect(reader.changes).toMatchObject([{ change: 'restart', connector: 'kept', includeTasks: true }])
  })

  test('refuses a topic of several partitions', async () => {
    await using stores = openStores(kafka.bootstrapServers)
    const config = { 'cleanup.policy': 'compact' }
    const name = `configs-${stores.id}`
    await stores.admin.createTopics([{ name, partitions: 2, replicationFactor: 1, config }])
    await expect(stores.configs.start(new AbortController().signal)).rejects.toMatchObject({
      code: 'SETTING_INVALID',
      message: `Topic '${name}' supplied via the 'config.storage.topic' property is required to have a single partition in order to guarantee consistency of connector configurations, but found 2 partitions.`,
    })
  })

  test('I11: says after 30 s without an answer that a write failed, and then writes it never', async () => {
    await using wire = await startWire(kafka.bootstrapServers)
    const clock = createFakeClock()
    await using cutOff = openStores(wire.bootstrapServers, undefined, clock)
    await cutOff.start()
    await cutOff.configs.putConnector('c', { a: '1' })
    wire.cut()
    const written = cutOff.configs.putConnector('c', { a: '2' }).catch((error: unknown) => error)
    await clock.pass(30_000)
    expect(await written).toMatchObject({
      code: 'CONFIG_WRITE_FAILED',
      message: 'Error writing connector configuration to Kafka',
    })
    await using other = await startStores(cutOff.id)
    await other.configs.removeConnector('c')
    wire.mend()
    await cutOff.producer.produce('another-topic', [{ key: null, value: null }]) // Kafka is there again
    let next = false
    // Comes behind whatever was still to be written.
    void cutOff.configs.putLogLevel('sluice', 'INFO').then(() => {
      next = true
    })
    await eventually('the next write', async () => {
      await clock.pass(20)
      return next
    })
    await other.configs.readToEnd()
    expect(other.configs.state.connectors.has('c')).toBe(false)
  })

  test('I11: a write that was given up does not undo what the next leader answered', async () => {
    await using wire = await startWire(kafka.bootstrapServers)
    await using former = openStores(wire.bootstrapServers)
    await former.start()
    await former.configs.putConnector('c', { a: '1' })
    await using next = await startStores(former.id)
    wire.cut()
    const writes = ['2', '3'].map((a) => former.configs.putConnector('c', { a }).catch((error: unknown) => error))
    await new Promise((resolve) => setImmediate(resolve))
    former.configs.abandonWrites()
    await next.configs.removeConnector('c')
    wire.mend()
    for (const written of writes) expect(await written).toMatchObject({ code: 'CONFIG_WRITE_FAILED' })
    await former.configs.putLogLevel('sluice', 'INFO')
    await next.configs.readToEnd()
    expect(next.configs.state.connectors.has('c')).toBe(false)
  })
})

const status = (state: InstanceState, workerId = 'a:1', generation = 1): StoredStatus => {
  return { state, workerId, generation, trace: null, version: null }
}

describe('the status store', () => {
  test('I8: the last word on an instance is the last in the topic, also when Kafka was away meanwhile', async () => {
    await using stores = await startStores()
    await using reader = await startStores(stores.id)
    const states: InstanceState[] = ['RUNNING', 'PAUSED', 'RESTARTING']
    stores.statuses.put({ connector: 'first' }, status('RUNNING'))
    await kafka.stop()
    for (let i = 0; i < 100; i++) {
      const state = states[i % 3] ?? 'RUNNING'
      for (let task = 0; task < 10; task++)
        stores.statuses.put({ task: { connector: 'c', task } }, status(state, 'a:1', i))
    }
    await kafka.start()
    await stores.statuses.flush()
    await reader.statuses.readToEnd()
    for (let task = 0; task < 10; task++) {
      expect(reader.statuses.state.tasks.get(`c-${task}`)?.status).toEqual(status('RUNNING', 'a:1', 99))
    }
  })

  test('I8: FAILED and UNASSIGNED are not written over what another worker said in a later generation', async () => {
    await using stores = await startStores()
    const instance = { connector: 'c' }
    stores.statuses.put(instance, status('RUNNING', 'b:1', 5))
    await stores.statuses.flush()
    await stores.statuses.readToEnd()
    for (const state of ['FAILED', 'UNASSIGNED'] as const) stores.statuses.put(instance, status(state, 'a:1', 4))
    await stores.statuses.flush()
    await stores.statuses.readToEnd()
    expect(stores.statuses.state.connectors.get('c')).toEqual(status('RUNNING', 'b:1', 5))
    stores.statuses.put(instance, status('FAILED', 'b:1', 4)) // its own words it may always correct
    await stores.statuses.flush()
    await stores.statuses.readToEnd()
    expect(stores.statuses.state.connectors.get('c')?.state).toBe('FAILED')
    stores.statuses.put(instance, status('FAILED', 'a:1', 1), { owned: true }) // the group was forgotten
    await stores.statuses.flush()
    await stores.statuses.readToEnd()
    expect(stores.statuses.state.connectors.get('c')).toEqual(status('FAILED', 'a:1', 1))
  })

  test('forgets instances and topics for every worker', async () => {
    await using stores = await startStores()
    const task = { connector: 'c', task: 0 }
    stores.statuses.put({ task }, status('RUNNING'))
    stores.statuses.putTopic({ topic: 't', connector: 'c', task: 0, discoveredAt: 1 })
    await stores.statuses.flush()
    await stores.statuses.readToEnd()
    expect([...(stores.statuses.state.topics.get('c')?.keys() ?? [])]).toEqual(['t'])
    stores.statuses.remove({ task })
    await stores.statuses.removeTopics('c')
    await stores.statuses.flush()
    await using reader = await startStores(stores.id)
    expect(reader.statuses.state.tasks.size + reader.statuses.state.topics.size).toBe(0)
  })

  test('closes at once while Kafka is away and something waits to be written', async () => {
    const stores = await startStores()
    await kafka.stop()
    stores.statuses.put({ connector: 'c' }, status('RUNNING'))
    const flushed = stores.statuses.flush()
    const before = performance.now()
    await stores[Symbol.asyncDispose]()
    await flushed
    expect(performance.now() - before).toBeLessThan(3_000)
    await kafka.start()
  })
})

describe('the offset store', () => {
  const at = (filename: string, position: unknown) => ({ partition: { filename }, offset: { position } })

  test('shows at once what was altered, every digit of it, and leaves other connectors alone', async () => {
    await using stores = await startStores()
    const large = at('a', 9_007_199_254_740_993n)
    await stores.offsets.alter('c', [large, at('b', 2)])
    await stores.offsets.alter('d', [at('a', 3)])
    expect(await stores.offsets.all('c')).toEqual([large, at('b', 2)])
    expect(await stores.offsets.read('c', [{ filename: 'a' }, { filename: 'none' }])).toEqual([large.offset, null])
    await stores.offsets.alter('c', [{ partition: { filename: 'a' }, offset: null }])
    expect(await stores.offsets.all('c')).toEqual([at('b', 2)])
    await stores.offsets.reset('c')
    await stores.offsets.reset('c')
    expect(await stores.offsets.all('c')).toEqual([])
    expect(await stores.offsets.all('d')).toEqual([at('a', 3)])
  })

  test('reads what another worker wrote before it answers', async () => {
    await using writer = await startStores()
    await using reader = await startStores(writer.id)
    for (let position = 1; position <= 20; position++) {
      await writer.offsets.alter('c', [at('a', position)])
      expect(await reader.offsets.read('c', [{ filename: 'a' }])).toEqual([{ position }])
    }
  })
})
