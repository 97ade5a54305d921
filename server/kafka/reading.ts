import type { TopicPartition } from '#server/kafka/admin.ts'
import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import type { ReadReplica } from '#server/kafka/read-replica.ts'
import type { ResetTo } from '#server/kafka/reset-policy.ts'

/** Where reading begins: at an offset, or where there are none. */
export type StartAt = number | ResetTo

/** An assigned partition: how far it is read, and whom that is asked of. `advance` says how it goes on. */
export interface Reading extends TopicPartition {
  /** Next to ask the broker for. */
  fetchFrom: StartAt
  /** Next to hand over. */
  position: number | undefined
  highWatermark: number | undefined
  paused: boolean
  /** Grows with every assign and seek, so that an answer to an older question is dropped. */
  version: number
  failures: number
  retryAt: number
  /** Of the leader that wrote the last batch that was fetched; -1 while it is not known. */
  lastEpoch: number
  /** The newest epoch of a leader that has what was read; a later leader is asked first (KIP-320). */
  heldUnder: number
  /** The id of the topic that is read; undefined before it was asked for, and where brokers know no ids. */
  topicId: string | undefined
  /** The broker that is being asked for its first offset, or whether it has what was read. */
  locatedBy: number | undefined
  /** Whether a broker is being asked for its records. */
  asked: boolean
  replica: ReadReplica
  /** How often in a row what comes next was not what was written. */
  corruptAnswers: number
  buffered: FetchedPartition | undefined
}

/** What of a reading a broker is asked, as it stood then. */
export interface Question {
  reading: Reading
  version: number
  from: number
  /** Of the broker that is asked; -1 while it is not known. */
  leaderEpoch: number
}

export const unknownEpoch = -1

/** A partition as it is assigned: nothing is known but where to begin. */
export function createReading(
  { topic, partition, offset }: TopicPartition & { offset: StartAt },
  version: number,
  replica: ReadReplica,
): Reading {
  return {
    topic,
    partition,
    fetchFrom: offset,
    position: typeof offset === 'number' ? offset : undefined,
    highWatermark: undefined,
    paused: false,
    version,
    failures: 0,
    retryAt: 0,
    lastEpoch: unknownEpoch,
    heldUnder: unknownEpoch,
    topicId: undefined,
    locatedBy: undefined,
    asked: false,
    replica,
    corruptAnswers: 0,
    buffered: undefined,
  }
}

/** As keys and messages call a partition. */
export const partitionName = ({ topic, partition }: TopicPartition) => `${topic}-${partition}`

/** Whether a broker is to be asked something: nobody is yet, nothing waits to be taken, and no failure is waited out. */
export const isDue = (reading: Reading, now: number) =>
  !reading.paused && !reading.buffered && !reading.asked && reading.locatedBy === undefined && reading.retryAt <= now

/** Whether its partition was moved or given up since it was asked. */
export const isOld = ({ reading, version }: Pick<Question, 'reading' | 'version'>) => reading.version !== version

/** What a partition that is due asks its leader for. */
export type NextStep =
  /** Where the log begins, ends, or has come to by then. */
  | { type: 'locate'; start: ResetTo }
  /** Whether it has what was read under the leader before it. */
  | { type: 'compare'; question: Question }
  /** Records; the replica that it named has them too. */
  | { type: 'fetch'; question: Question }

export function nextStep(reading: Reading, leaderEpoch: number): NextStep {
  const { version, fetchFrom: from, lastEpoch, heldUnder } = reading
  if (typeof from !== 'number') return { type: 'locate', start: from }
  const held = lastEpoch === unknownEpoch || leaderEpoch <= heldUnder
  return { type: held ? 'fetch' : 'compare', question: { reading, version, from, leaderEpoch } }
}
