import type { SavedGroup } from '#server/broker/groups/group.ts'
import { Reader } from '#server/protocol/reader.ts'
import { Writer } from '#server/protocol/writer.ts'

export interface CommittedOffset {
  offset: number
  leaderEpoch: number
  metadata: string
  timestamp: number
  /** When it goes, where the client said how long it is to be kept (OffsetCommit 2 to 4). */
  expiresAt?: number | undefined
}

/** What a record of `__consumer_offsets` is about. */
export type OffsetsKey =
  | { kind: 'offset'; group: string; topic: string; partition: number }
  | { kind: 'group'; group: string }

// The bytes are Kafka's own (OffsetCommitKey 1, OffsetCommitValue 1 and 3, GroupMetadataKey 2, GroupMetadataValue 3), so that
// its tools can print them.

const text = (writer: Writer, value: string | null) => {
  if (value === null) return writer.int16(-1)
  const length = Buffer.byteLength(value)
  writer.int16(length)
  writer.text(value, length)
}
const readText = (reader: Reader): string | null => {
  const length = reader.int16()
  return length < 0 ? null : reader.text(length)
}
const bytes = (writer: Writer, value: Buffer) => {
  writer.int32(value.length)
  writer.bytes(value)
}
const readBytes = (reader: Reader): Buffer => Buffer.from(reader.take(reader.int32()))
const finished = (writer: Writer) => Buffer.concat(writer.finish())

export function encodeOffsetsKey(key: OffsetsKey): Buffer {
  const writer = new Writer()
  writer.int16(key.kind === 'offset' ? 1 : 2)
  text(writer, key.group)
  if (key.kind === 'offset') {
    text(writer, key.topic)
    writer.int32(key.partition)
  }
  return finished(writer)
}

/** Undefined for a kind of record that this broker does not write. */
export function decodeOffsetsKey(key: Buffer): OffsetsKey | undefined {
  const reader = new Reader(key)
  const version = reader.int16()
  if (version > 2) return undefined
  const group = readText(reader) ?? ''
  if (version === 2) return { kind: 'group', group }
  return { kind: 'offset', group, topic: readText(reader) ?? '', partition: reader.int32() }
}

/** Version 1 alone knows a time of its own to go, and no epoch of a leader. */
export function encodeCommittedOffset({
  offset,
  leaderEpoch,
  metadata,
  timestamp,
  expiresAt,
}: CommittedOffset): Buffer {
  const writer = new Writer()
  writer.int16(expiresAt === undefined ? 3 : 1)
  writer.int64(offset)
  if (expiresAt === undefined) writer.int32(leaderEpoch)
  text(writer, metadata)
  writer.int64(timestamp)
  if (expiresAt !== undefined) writer.int64(expiresAt)
  return finished(writer)
}

export function decodeCommittedOffset(value: Buffer): CommittedOffset {
  const reader = new Reader(value)
  const version = reader.int16()
  return {
    offset: reader.int64(),
    leaderEpoch: version >= 3 ? reader.int32() : -1,
    metadata: readText(reader) ?? '',
    timestamp: reader.int64(),
    ...(version === 1 && { expiresAt: reader.int64() }),
  }
}

export function encodeSavedGroup(group: SavedGroup): Buffer {
  const writer = new Writer()
  writer.int16(3)
  text(writer, group.protocolType)
  writer.int32(group.generation)
  text(writer, group.protocol)
  text(writer, group.leader)
  writer.int64(group.settledAt)
  writer.int32(group.members.length)
  for (const member of group.members) {
    text(writer, member.id)
    text(writer, member.instanceId)
    text(writer, member.clientId)
    text(writer, member.clientHost)
    writer.int32(member.rebalanceTimeoutMs)
    writer.int32(member.sessionTimeoutMs)
    bytes(writer, member.metadata)
    bytes(writer, member.assignment)
  }
  return finished(writer)
}

export function decodeSavedGroup(value: Buffer): SavedGroup {
  const reader = new Reader(value)
  reader.int16()
  const protocolType = readText(reader) ?? ''
  const generation = reader.int32()
  const protocol = readText(reader)
  const leader = readText(reader)
  const settledAt = reader.int64()
  const members = Array.from({ length: reader.int32() }, () => {
    const id = readText(reader) ?? ''
    const instanceId = readText(reader)
    const clientId = readText(reader) ?? ''
    const clientHost = readText(reader) ?? ''
    const rebalanceTimeoutMs = reader.int32()
    const sessionTimeoutMs = reader.int32()
    const metadata = readBytes(reader)
    const assignment = readBytes(reader)
    return { id, instanceId, clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs, metadata, assignment }
  })
  return { protocolType, generation, protocol, leader, settledAt, members }
}
