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
import type { Topics } from '#server/broker/topics/topics.ts'
import type { Clock } from '#server/contract/clock.ts'
import { encodeBatch, readBatches } from '#server/protocol/record-batch.ts'

const topicName = '__consumer_offsets'
const readBytes = 1024 * 1024

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
  saveGroup(group: string, saved: SavedGroup | null): void
  groups(): ReadonlyMap<string, SavedGroup>
  groupsWithOffsets(): string[]
}

export function openOffsetStore(topics: Topics, clock: Clock): OffsetStore {
  const offsets = new Map<string, Map<string, Map<number, CommittedOffset>>>()
  const groups = new Map<string, SavedGroup>()
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
    const log = topics.byName(topicName)?.partitions[0]
    for (let at = log?.startOffset ?? 0; log && at < log.endOffset; ) {
      const before = at
      for (const part of log.read(at, readBytes).records) {
        for (const batch of readBatches(part, { verifyCrc: true })) {
          const index = batch.index()
          for (let record = 0; record < index.count; record++) {
            const key = decodeOffsetsKey(index.key(record) ?? Buffer.alloc(0))
            if (key) apply(key, index.value(record))
          }
          at = batch.lastOffset + 1
        }
      }
      if (at === before) return
    }
  }

  function write(records: { key: Buffer; value: Buffer | null }[]) {
    const log = offsetsLog()
    for (const batch of readBatches(encodeBatch(records, { timestamp: clock.now() }), { verifyCrc: false })) {
      log.append(batch)
    }
  }

  function offsetsLog() {
    const topic =
      topics.byName(topicName) ??
      topics.create({
        name: topicName,
        partitions: 1,
        configs: { 'cleanup.policy': 'compact', 'compression.type': 'producer', 'segment.bytes': '8388608' },
      })
    const log = topic.partitions[0]
    if (!log) throw new Error(`${topicName} has no partition`)
    return log
  }

  load()

  return {
    offsetsOf: (group) => offsets.get(group) ?? none,
    commit(group, changes) {
      if (changes.length === 0) return
      write(
        changes.map(({ topic, partition, committed }) => ({
          key: encodeOffsetsKey({ kind: 'offset', group, topic, partition }),
          value: committed && encodeCommittedOffset(committed),
        })),
      )
      for (const { topic, partition, committed } of changes) setOffset({ group, topic, partition }, committed)
    },
    saveGroup(group, saved) {
      const value = saved && encodeSavedGroup(saved, clock.now())
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
