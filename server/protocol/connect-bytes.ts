import type { TaskId } from '#server/contract/connector.ts'
import { asBuffer } from '#server/protocol/as-buffer.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'
import { Reader } from '#server/protocol/reader.ts'
import { Writer } from '#server/protocol/writer.ts'

/**
 * What travels inside the join and sync requests of a Kafka Connect group. Version 0 is `default` (eager,
 * `ConnectProtocol`), 1 `compatible` and 2 `sessioned` (`IncrementalCooperativeConnectProtocol`); 1 and 2 differ in the
 * number alone.
 */
export type ConnectProtocolVersion = 0 | 1 | 2

export interface ConnectAssignment {
  version: ConnectProtocolVersion
  /** 0, or 1 when members do not see the same config (`CONFIG_MISMATCH`). */
  error: number
  /** Member id of the leader; null in the JVM's "nothing held yet". */
  leader: string | null
  leaderUrl: string | null
  /** Position behind the last config record that the leader has read; -1 when it read none. */
  offset: number
  /** Newly assigned from version 1 on, everything held in version 0. */
  connectors: string[]
  tasks: TaskId[]
  revokedConnectors: string[]
  revokedTasks: TaskId[]
  /** Milliseconds until the member should join again. */
  delay: number
}

/** Where a group keeps its state: the names of its topics. */
export interface GroupTopics {
  configs: string
  offsets: string
  statuses: string
}

export interface ConnectMetadata {
  version: ConnectProtocolVersion
  /** The worker's REST URL. */
  url: string
  offset: number
  /** What the worker holds; null when nothing, and always in version 0. */
  assignment: ConnectAssignment | null
  /** Ours alone, behind everything that the JVM reads; null when a worker does not say. */
  topics: GroupTopics | null
}

/** Tells our own end of the metadata (`SLCE`) from what a later JVM may append. */
const ownPart = 0x534c4345

/** Stands for the connector itself among its task numbers. */
const connectorTask = -1

export function encodeConnectMetadata({ version, url, offset, assignment, topics }: ConnectMetadata): Buffer {
  const writer = new Writer()
  writer.int16(version)
  writeText(writer, url)
  writer.int64(offset)
  if (version > 0) {
    const held = assignment && encodeConnectAssignment(assignment)
    writer.int32(held ? held.length : -1)
    if (held) writer.bytes(held)
  }
  if (topics) {
    // Kafka's `EagerAssignor` reads version 0 as if what a worker holds followed, when anything does: it is told nothing.
    if (version === 0) writer.int32(-1)
    writer.int32(ownPart)
    for (const name of [topics.configs, topics.offsets, topics.statuses]) writeText(writer, name)
  }
  return Buffer.concat(writer.finish())
}

export function decodeConnectMetadata(bytes: Uint8Array): ConnectMetadata {
  const reader = new Reader(asBuffer(bytes))
  const version = readVersion(reader)
  const url = readText(reader) ?? ''
  const offset = reader.int64()
  const length = version === 0 && reader.remaining === 0 ? -1 : reader.int32()
  const assignment = length > 0 ? decodeConnectAssignment(reader.take(length)) : null
  return { version, url, offset, assignment, topics: readTopics(reader) }
}

function readTopics(reader: Reader): GroupTopics | null {
  if (reader.remaining < 4 || reader.int32() !== ownPart) return null
  const [configs, offsets, statuses] = [readText(reader), readText(reader), readText(reader)]
  return configs === null || offsets === null || statuses === null ? null : { configs, offsets, statuses }
}

export function encodeConnectAssignment(assignment: ConnectAssignment): Buffer {
  const writer = new Writer()
  writer.int16(assignment.version)
  writer.int16(assignment.error)
  writeText(writer, assignment.leader)
  writeText(writer, assignment.leaderUrl)
  writer.int64(assignment.offset)
  writeItems(writer, inHashSetOrder(assignment.connectors), assignment.tasks)
  if (assignment.version > 0) {
    writeItems(writer, assignment.revokedConnectors, assignment.revokedTasks)
    writer.int32(assignment.delay)
  }
  return Buffer.concat(writer.finish())
}

export function decodeConnectAssignment(bytes: Uint8Array): ConnectAssignment {
  const reader = new Reader(asBuffer(bytes))
  const version = readVersion(reader)
  const head = { version, error: reader.int16(), leader: readText(reader), leaderUrl: readText(reader) }
  const offset = reader.int64()
  const { connectors, tasks } = readItems(reader)
  const revoked = version > 0 ? readItems(reader) : { connectors: [], tasks: [] }
  // The JVM reads a delay that is cut off as none.
  const delay = version > 0 && reader.remaining > 0 ? reader.int32() : 0
  return {
    ...head,
    offset,
    connectors,
    tasks,
    revokedConnectors: revoked.connectors,
    revokedTasks: revoked.tasks,
    delay,
  }
}

/** A version newer than ours is read as ours, as the JVM does: later ones may only append. */
function readVersion(reader: Reader): ConnectProtocolVersion {
  const version = reader.int16()
  if (version < 0) throw new MalformedError(`connect protocol version ${version}`)
  return Math.min(version, 2) as ConnectProtocolVersion
}

function writeText(writer: Writer, text: string | null): void {
  const length = text === null ? -1 : Buffer.byteLength(text)
  writer.int16(length)
  if (text !== null) writer.text(text, length)
}

function readText(reader: Reader): string | null {
  const length = reader.int16()
  return length === -1 ? null : reader.text(length)
}

/**
 * The order in which Java's HashSet yields strings: the JVM copies assigned connectors into one before it writes them
 * (`ConnectProtocol.Assignment.asMap`), so equal bytes need it.
 */
function inHashSetOrder(names: readonly string[]): string[] {
  let capacity = 16
  while (capacity < names.length / 0.75 + 1) capacity *= 2
  const bucket = (name: string) => {
    let hash = 0
    for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) | 0
    return (hash ^ (hash >>> 16)) & (capacity - 1)
  }
  return names.toSorted((a, b) => bucket(a) - bucket(b))
}

/** Grouped by connector in the order of first mention: connectors, then tasks. */
function writeItems(writer: Writer, connectors: readonly string[], tasks: readonly TaskId[]): void {
  const groups = new Map<string, number[]>()
  const add = (connector: string, task: number) => {
    const group = groups.get(connector)
    if (group) group.push(task)
    else groups.set(connector, [task])
  }
  for (const connector of new Set(connectors)) add(connector, connectorTask)
  for (const { connector, task } of tasks) add(connector, task)
  writer.int32(groups.size)
  for (const [connector, numbers] of groups) {
    writeText(writer, connector)
    writer.int32(numbers.length)
    for (const number of numbers) writer.int32(number)
  }
}

function readItems(reader: Reader): { connectors: string[]; tasks: TaskId[] } {
  const connectors: string[] = []
  const tasks: TaskId[] = []
  for (let left = readCount(reader, 6); left > 0; left--) {
    const connector = readText(reader) ?? ''
    for (let numbers = readCount(reader, 4); numbers > 0; numbers--) {
      const task = reader.int32()
      if (task === connectorTask) connectors.push(connector)
      else tasks.push({ connector, task })
    }
  }
  return { connectors, tasks }
}

/** I12: at most as many elements as there are bytes for; a null array counts none. */
function readCount(reader: Reader, smallest: number): number {
  const count = reader.int32()
  if (count < -1 || count * smallest > reader.remaining) throw new MalformedError(`array of ${count}`)
  return Math.max(count, 0)
}
