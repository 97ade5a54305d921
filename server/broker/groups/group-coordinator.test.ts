import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Group } from '#server/broker/groups/group.ts'
import { createGroupCoordinator } from '#server/broker/groups/group-coordinator.ts'
import type { JoinAnswer } from '#server/broker/groups/group-member-state.ts'
import { createTailCache } from '#server/broker/log/tail-cache.ts'
import { openTopics } from '#server/broker/topics/topics.ts'
import type { Clock } from '#server/contract/clock.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { encodeConsumerSubscription } from '#server/protocol/consumer-bytes.ts'

const retentionMs = 60_000
const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** The broker's groups without its sockets, on a clock that the test moves. */
function open() {
  const directory = mkdtempSync(join(tmpdir(), 'groups-'))
  folders.push(directory)
  const world = { now: 1_000_000 }
  const clock: Clock = {
    now: () => world.now,
    monotonic: () => world.now,
    sleep: (_, signal) => new Promise((resolve) => signal?.addEventListener('abort', () => resolve())),
    random: () => 0,
  }
  const start = () => {
    const options = { directory, cache: createTailCache(0), clock, logger: quietLogger }
    const topics = openTopics({ ...options, maxPartitions: 100, defaults: {} })
    const groups = createGroupCoordinator({
      ...{ topics, clock, logger: quietLogger },
      initialRebalanceDelayMs: 0,
      offsetsRetentionMs: retentionMs,
      newMemberId: (prefix) => `${prefix}-1`,
    })
    return { topics, groups }
  }
  let parts = start()
  return {
    get groups() {
      return parts.groups
    },
    wait(ms: number) {
      world.now += ms
      parts.groups.expireOffsets()
    },
    restart() {
      parts.groups.close()
      parts.topics.close()
      parts = start()
    },
    commit(group: string, topic = 't', partition = 0, keptMs?: number) {
      const expiresAt = keptMs === undefined ? undefined : world.now + keptMs
      const committed = { offset: 5, leaderEpoch: -1, metadata: '', timestamp: world.now, expiresAt }
      parts.groups.offsets.commit(group, [{ topic, partition, committed }])
    },
    join: (group: string, protocolType = 'consumer', topics = ['t']) =>
      joinAlone(parts.groups.findOrCreate(group), world.now, protocolType, topics),
    kept: (group: string) =>
      [...parts.groups.offsets.offsetsOf(group)].flatMap(([topic, partitions]) =>
        [...partitions.keys()].map((partition) => `${topic}-${partition}`),
      ),
  }
}

/** One member that has its assignment; the returned function lets it leave. */
function joinAlone(group: Group, now: number, protocolType: string, topics: string[]): (at: number) => void {
  const metadata = encodeConsumerSubscription({ topics, userData: null, ownedPartitions: [], generationId: -1 })
  let joined: JoinAnswer | undefined
  group.join(
    {
      ...{ memberId: '', instanceId: null, clientId: 'c', clientHost: '/127.0.0.1', protocolType },
      ...{ sessionTimeoutMs: 1e9, rebalanceTimeoutMs: 1e9, requireKnownId: false, canSkipAssignment: false },
      protocols: [{ name: 'range', metadata }],
    },
    now,
    (answer) => {
      joined = answer
    },
  )
  const { memberId, generation } = joined ?? { memberId: '', generation: -1 }
  const assignments = [{ memberId, assignment: Buffer.from('a') }]
  group.sync({ memberId, instanceId: null, generation, protocolType: null, protocol: null, assignments }, now, () => {})
  expect(group.state).toBe('Stable')
  return (at) => void group.leave({ memberId, instanceId: null }, at)
}

test('an offset without a group is kept for the retention time after its own commit', () => {
  const broker = open()
  broker.commit('g', 't', 0)
  broker.wait(retentionMs - 1)
  broker.commit('g', 't', 1)
  expect(broker.kept('g')).toEqual(['t-0', 't-1'])
  broker.wait(1)
  expect(broker.kept('g')).toEqual(['t-1'])
  broker.wait(retentionMs)
  expect(broker.groups.ids()).toEqual([])
})

test('KIP-211: the offsets of a group are kept while it has members, and the retention time after the last one left', () => {
  const broker = open()
  const leave = broker.join('g')
  broker.commit('g')
  broker.wait(10 * retentionMs)
  expect(broker.kept('g')).toEqual(['t-0'])
  leave(1_000_000 + 10 * retentionMs)
  broker.wait(retentionMs - 1)
  expect(broker.kept('g')).toEqual(['t-0'])
  broker.wait(1)
  expect(broker.groups.ids()).toEqual([])
  broker.restart()
  expect(broker.groups.ids()).toEqual([])
})

test('a restart of the broker does not begin the retention time of an empty group anew', () => {
  const broker = open()
  const leave = broker.join('g')
  broker.commit('g')
  leave(1_000_000)
  broker.wait(retentionMs / 2)
  broker.restart()
  broker.wait(retentionMs / 2 - 1)
  expect(broker.kept('g')).toEqual(['t-0'])
  broker.wait(1)
  expect(broker.kept('g')).toEqual([])
})

test('an offset whose client said how long it is kept goes at that time, sooner or later than others, but not under members', () => {
  const broker = open()
  const leave = broker.join('g')
  broker.commit('g', 't', 0, 1000)
  broker.commit('g', 't', 1, 3 * retentionMs)
  broker.commit('g', 't', 2)
  broker.wait(2000)
  expect(broker.kept('g')).toEqual(['t-0', 't-1', 't-2'])
  leave(1_002_000)
  broker.restart()
  broker.wait(0)
  expect(broker.kept('g')).toEqual(['t-1', 't-2'])
  broker.wait(retentionMs)
  expect(broker.kept('g')).toEqual(['t-1'])
  broker.wait(2 * retentionMs)
  expect(broker.kept('g')).toEqual([])
})

test('a settled consumer group loses what it no longer subscribes to; a group of another type loses nothing', () => {
  const broker = open()
  broker.join('consumers')
  broker.join('workers', 'connect')
  for (const group of ['consumers', 'workers']) for (const topic of ['t', 'old']) broker.commit(group, topic)
  broker.wait(retentionMs)
  expect(broker.kept('consumers')).toEqual(['t-0'])
  expect(broker.kept('workers')).toEqual(['t-0', 'old-0'])
})

test('an offset that an open transaction may yet commit outlives its time, and so does its group', () => {
  const broker = open()
  const leave = broker.join('g')
  leave(1_000_000)
  broker.commit('g')
  const committed = { offset: 9, leaderEpoch: -1, metadata: '', timestamp: 1_000_000 }
  const producer = { producerId: 7, epoch: 0 }
  broker.groups.offsets.commitLater('g', [{ topic: 't', partition: 0, committed }], producer)
  broker.wait(2 * retentionMs)
  expect(broker.kept('g')).toEqual(['t-0'])
  broker.groups.offsets.endTransaction(7, false)
  broker.wait(0)
  expect(broker.groups.ids()).toEqual([])
})

test('an empty group without offsets goes, unless a member was told to come back with its id', () => {
  const broker = open()
  const asking = { memberId: '', instanceId: null, clientId: 'c', clientHost: '/127.0.0.1', protocolType: 'consumer' }
  const protocols = [{ name: 'range', metadata: Buffer.alloc(0) }]
  const times = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000 }
  const how = { requireKnownId: true, canSkipAssignment: false }
  broker.groups.findOrCreate('g').join({ ...asking, ...times, ...how, protocols }, 1_000_000, () => {})
  broker.wait(0)
  expect(broker.groups.ids()).toEqual(['g'])
  broker.groups.find('g')?.expire(1_010_000)
  broker.wait(10_000)
  expect(broker.groups.ids()).toEqual([])
})
