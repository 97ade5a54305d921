import type { SavedGroup } from '#server/broker/groups/group.ts'
import {
  type CommittedOffset,
  decodeCommittedOffset,
  decodeOffsetsKey,
  decodeSavedGroup,
  encodeCommittedOffset,
  encodeOffsetsKey,
  encodeSavedGroup,
  type OffsetsKey,
} from '#server/broker/groups/offsets-format.ts'
import { internalBatches, internalLog } from '#server/broker/topics/internal-log.ts'
import type { Topics } from '#server/broker/topics/topics.ts'
import type { ProducerIdentity } from '#server/broker/transactions/transaction.ts'
import type { Clock } from '#server/contract/clock.ts'
import {
  type BatchProducer,
  type BatchView,
  encodeBatch,
  noProducer,
  readBatches,
} from '#server/protocol/record-batch.ts'

/** Where groups and their offsets are kept. */
export const offsetsTopic = '__consumer_offsets'

export interface OffsetChange {
  topic: string
  partition: number
  /** Null takes the offset away. */
  committed: CommittedOffset | null
}

/** Offsets and groups, in memory for reading and in a compacted log for good. */
export interface OffsetStore {
  offsetsOf(group: string): ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>>
  /** Written before this returns; all changes of a call stand or fall together. */
  commit(group: string, changes: readonly OffsetChange[]): void
  /** Written before this returns, and in force when the producer's transaction is committed. */
  commitLater(group: string, changes: readonly OffsetChange[], producer: ProducerIdentity): void
  /** Puts what the producer committed later in force, or forgets it; the marker is in the log already. */
  endTransaction(producerId: number, committed: boolean): void
  /** Whether a transaction that is open will change the offset if it is committed. */
  isPending(group: string, topic: string, partition: number): boolean
  /** Whether a transaction that is open will change any offset of the group if it is committed. */
  hasPending(group: string): boolean
  saveGroup(group: string, saved: SavedGroup | null): void
  groups(): ReadonlyMap<string, SavedGroup>
  groupsWithOffsets(): string[]
}

export function openOffsetStore(topics: Topics, clock: Clock): OffsetStore {
  const offsets = new Map<string, Map<string, Map<number, CommittedOffset>>>()
  const groups = new Map<string, SavedGroup>()
  /** By producer, in the order of their commits. */
  const pending = new Map<number, (OffsetChange & { group: string })[]>()
  const none: ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> = new Map()

  function apply(key: OffsetsKey, value: Buffer | null) {
    if (key.kind === 'group') {
      if (value) groups.set(key.group, decodeSavedGroup(value))
      else groups.delete(key.group)
    } else setOffset(key, value && decodeCommittedOffset(value))
  }

  function setOffset(key: { group: string; topic: string; partition: number }, committed: CommittedOffset | null) {
    const ofGroup = entryOf(offsets, key.group)
    const ofTopic = entryOf(ofGroup, key.topic)
    if (committed) ofTopic.set(key.partition, committed)
    else ofTopic.delete(key.partition)
    if (ofTopic.size === 0) ofGroup.delete(key.topic)
    if (ofGroup.size === 0) offsets.delete(key.group)
  }

  function load() {
    for (const batch of internalBatches(topics, offsetsTopic)) {
      const { producerId, transactional } = batch
      const marker = batch.controlType()
      if (batch.control) {
        if (marker) endTransaction(producerId, marker === 'commit')
        continue
      }
      const index = batch.index()
      for (let record = 0; record < index.count; record++) {
        const key = decodeOffsetsKey(index.key(record) ?? Buffer.alloc(0))
        if (key && transactional) pend(producerId, key, index.value(record))
        else if (key) apply(key, index.value(record))
      }
    }
  }

  function write(records: { key: Buffer; value: Buffer | null }[], producer: BatchProducer = noProducer) {
    for (const batch of batchesOf(records, producer)) internalLog(topics, offsetsTopic).append(batch)
  }

  const batchesOf = (records: { key: Buffer; value: Buffer | null }[], producer: BatchProducer): Iterable<BatchView> =>
    readBatches(encodeBatch(records, { timestamp: clock.now(), producer }), { verifyCrc: false })

  function pend(producerId: number, key: OffsetsKey, value: Buffer | null) {
    if (key.kind !== 'offset') return
    const { group, topic, partition } = key
    const change = { group, topic, partition, committed: value && decodeCommittedOffset(value) }
    pending.set(producerId, [...(pending.get(producerId) ?? []), change])
  }

  function endTransaction(producerId: number, committed: boolean) {
    const changes = pending.get(producerId) ?? []
    pending.delete(producerId)
    if (committed) for (const { committed: offset, ...key } of changes) setOffset(key, offset)
  }

  const recordsOf = (group: string, changes: readonly OffsetChange[]) =>
    changes.map(({ topic, partition, committed }) => ({
      key: encodeOffsetsKey({ kind: 'offset', group, topic, partition }),
      value: committed && encodeCommittedOffset(committed),
    }))

  load()

  return {
    offsetsOf: (group) => offsets.get(group) ?? none,
    commit(group, changes) {
      if (changes.length === 0) return
      write(recordsOf(group, changes))
      for (const { topic, partition, committed } of changes) setOffset({ group, topic, partition }, committed)
    },
    commitLater(group, changes, { producerId, epoch }) {
      if (changes.length === 0) return
      write(recordsOf(group, changes), { producerId, epoch, sequence: -1, transactional: true })
      pending.set(producerId, [...(pending.get(producerId) ?? []), ...changes.map((change) => ({ group, ...change }))])
    },
    endTransaction,
    isPending: (group, topic, partition) =>
      [...pending.values()].some((changes) =>
        changes.some((one) => one.group === group && one.topic === topic && one.partition === partition),
      ),
    hasPending: (group) => [...pending.values()].some((changes) => changes.some((one) => one.group === group)),
    saveGroup(group, saved) {
      const value = saved && encodeSavedGroup(saved)
      write([{ key: encodeOffsetsKey({ kind: 'group', group }), value }])
      if (saved) groups.set(group, saved)
      else groups.delete(group)
    },
    groups: () => groups,
    groupsWithOffsets: () => [...offsets.keys()],
  }
}

/** The inner map of a key, made when it is missing. */
function entryOf<K, K2, V>(maps: Map<K, Map<K2, V>>, key: K): Map<K2, V> {
  let map = maps.get(key)
  if (!map) {
    map = new Map()
    maps.set(key, map)
  }
  return map
}
