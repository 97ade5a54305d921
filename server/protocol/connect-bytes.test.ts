import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskId } from '#server/contract/connector.ts'
import {
  type ConnectAssignment,
  type ConnectMetadata,
  type ConnectProtocolVersion,
  decodeConnectAssignment,
  decodeConnectMetadata,
  encodeConnectAssignment,
  encodeConnectMetadata,
} from '#server/protocol/connect-bytes.ts'

/** An assignment as the recordings of Kafka Connect 4.3.1 spell it. */
interface Recorded {
  version?: number
  error: number
  leader: string | null
  leaderUrl: string | null
  offset: string
  connectors: string[]
  tasks: string[]
  revokedConnectors?: string[]
  revokedTasks?: string[]
  delay?: number
  sessioned?: boolean
}
interface Case {
  id: string
  op: string
  in: {
    bytes: string
    url: string
    offset: string
    assignment: Recorded | 'EMPTY' | null
    sessioned: boolean
  } & Recorded
  out?: string & Recorded & { url: string; assignment: Recorded }
  error?: { message: string }
}

const task = (name: string): TaskId => {
  const dash = name.lastIndexOf('-')
  return { connector: name.slice(0, dash), task: Number(name.slice(dash + 1)) }
}
const assignmentOf = (recorded: Recorded, version: number): ConnectAssignment => ({
  version: version as ConnectProtocolVersion,
  error: recorded.error,
  leader: recorded.leader,
  leaderUrl: recorded.leaderUrl,
  offset: Number(recorded.offset),
  connectors: recorded.connectors,
  tasks: recorded.tasks.map(task),
  revokedConnectors: recorded.revokedConnectors ?? [],
  revokedTasks: (recorded.revokedTasks ?? []).map(task),
  delay: recorded.delay ?? 0,
})
const versionOf = (sessioned: boolean | undefined) => (sessioned ? 2 : 1)

/** What Kafka Connect makes of "no assignment": an empty one of its own. Ours is null. */
const heldOf = ({ assignment }: ConnectMetadata) => assignment

const cases = readFileSync(join(import.meta.dirname, 'testdata/connect-bytes.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case)
  // A config offset of 2^63 - 1 cannot be: a topic does not hold that many records.
  .filter((recorded) => !JSON.stringify(recorded).includes('9223372036854775807'))

function serialized({ op, in: given }: Case): Buffer {
  if (op === 'serializeEagerAssignment') return encodeConnectAssignment(assignmentOf(given, 0))
  if (op === 'serializeAssignment') return encodeConnectAssignment(assignmentOf(given, given.version ?? 1))
  const version = versionOf(given.sessioned)
  const held = given.assignment === 'EMPTY' ? null : given.assignment
  return encodeConnectMetadata({
    version,
    url: given.url,
    offset: Number(given.offset),
    topics: null,
    // The JVM writes the held assignment with the version that the metadata has.
    assignment: held && assignmentOf(held, version),
  })
}

test.each(cases.filter(({ op }) => op.startsWith('serialize')))(
  '$id: writes the bytes of Kafka Connect',
  (recorded) => {
    expect(serialized(recorded).toString('base64')).toBe(recorded.out)
  },
)

test.each(cases.filter(({ op, out }) => op.startsWith('deserialize') && out))(
  '$id: reads as Kafka Connect does',
  (it) => {
    const bytes = Buffer.from(it.in.bytes, 'base64')
    const out = it.out as NonNullable<Case['out']>
    if (it.op === 'deserializeMetadata') {
      const metadata = decodeConnectMetadata(bytes)
      expect([metadata.url, metadata.offset]).toEqual([out.url, Number(out.offset)])
      const held = heldOf(metadata)
      if (out.assignment.leader === null && held === null) return
      expect(held).toEqual(assignmentOf(out.assignment, out.assignment.version ?? 1))
    } else {
      const assignment = decodeConnectAssignment(bytes)
      expect(assignment).toEqual(assignmentOf(out, out.version ?? 0))
    }
  },
)

test.each(cases.filter(({ error }) => error))('$id: refuses what Kafka Connect refuses', (it) => {
  const decode = it.op === 'deserializeMetadata' ? decodeConnectMetadata : decodeConnectAssignment
  expect(() => decode(Buffer.from(it.in.bytes, 'base64'))).toThrow()
})

test.each([0, 1, 2] as const)(
  'version %i: our own end stands behind the allocation that every JVM leader reads',
  (version) => {
    const topics = { configs: 'c', offsets: 'o', statuses: 's' }
    const told: ConnectMetadata = { version, url: 'http://a:1/', offset: 7, assignment: null, topics }
    const bytes = encodeConnectMetadata(told)
    expect(decodeConnectMetadata(bytes)).toEqual(told)
    const behindOffset = 2 + (2 + told.url.length) + 8
    const nothingHeld = -1
    expect(bytes.readInt32BE(behindOffset)).toBe(nothingHeld)
    const { topics: none } = decodeConnectMetadata(encodeConnectMetadata({ ...told, topics: null }))
    expect(none).toBeNull()
  },
)
