/** A task's sequence of numbered records, from 0 on: `<connector>/<task>`. */
export type Stream = string

/** The stream of a task of a numbering source. */
export const streamOf = (connector: string, task: number): Stream => `${connector}/${task}`

/**
 * What somebody outside of the system under test saw. `at` is milliseconds since the epoch, by the clock of the machine on
 * which everything runs: of a record and of an offset the time at which the broker took them.
 */
export type Observation = { readonly at: number } & (
  | Polled
  | Settled
  | Arrived
  | Foreign
  | SourceOffset
  | SinkOffset
  | Altered
  | InstanceLife
  | ProcessGone
  | Status
  | Fault
  | ConfigWrite
  | ConfigRead
  | Usage
  | Cut
)

/** From the source's own ledger: a record was handed to the worker. */
interface Polled {
  readonly kind: 'polled'
  readonly stream: Stream
  readonly seqno: number
}

/** From the source's own ledger: the worker said that a record is done with (`commitRecord`). */
interface Settled {
  readonly kind: 'settled'
  readonly stream: Stream
  readonly seqno: number
  /** Filtered or left out: it is to arrive nowhere. */
  readonly dropped: boolean
}

/** A record stands where it should: in its topic, read by a consumer of the checker's own, or durable behind a sink. */
export interface Arrived {
  readonly kind: 'arrived'
  readonly stream: Stream
  readonly seqno: number
  /** `topic`, or the name of the sink. */
  readonly place: string
  /** Which life of the task wrote it. */
  readonly instance?: string | undefined
  /** Where it stands in Kafka, `<topic>-<partition>` and offset. */
  readonly partition?: string | undefined
  readonly offset?: number | undefined
  /** Whether it says what was sent. Absent: it cannot be told. */
  readonly intact?: boolean | undefined
}

/** Something arrived of which nobody can say which record it is. */
interface Foreign {
  readonly kind: 'foreign'
  readonly place: string
  readonly what: string
}

/** A committed source offset, as the offsets topic has it. Null: it was taken back. */
interface SourceOffset {
  readonly kind: 'source offset'
  readonly stream: Stream
  readonly seqno: number | null
}

/** What the group of a sink has committed: the offset after the last record that counts. */
interface SinkOffset {
  readonly kind: 'sink offset'
  readonly sink: string
  readonly partition: string
  readonly offset: number
}

/** A person changed offsets, of a stream or of a sink. */
interface Altered {
  readonly kind: 'altered'
  readonly whose: Stream | string
}

/** From a task's own ledger. */
interface InstanceLife {
  readonly kind: 'started' | 'stopped'
  readonly stream: Stream
  readonly instance: string
  readonly pid: number
}

interface ProcessGone {
  readonly kind: 'process gone'
  readonly pid: number
}

/** What REST said of one task. */
interface Status {
  readonly kind: 'status'
  readonly stream: Stream
  readonly state: string
  /** When it was asked for; `at` is when the answer was there. */
  readonly askedAt: number
}

/**
 * What a fault leaves behind: `cut-off`: work that ended in the middle, which at least once may repeat; `zombie`: somebody
 * who wakes up later and does not know of his successor, whom at least once cannot fence.
 */
export type Harm = 'none' | 'cut-off' | 'zombie'

interface Fault extends Trouble {
  readonly kind: 'fault begins' | 'fault ends'
}

/** What is done to the system under test. */
export interface Trouble {
  readonly what: string
  /** Whose fault it is; absent: it may touch everything. */
  readonly connector?: string
  readonly harm: Harm
  /** Whether Kafka is away meanwhile, in which workers tell each other everything. */
  readonly kafkaAway?: boolean
}

/** A change over REST. `at` is when it was asked for. One that was refused is none. */
interface ConfigWrite {
  readonly kind: 'config written'
  readonly connector: string
  /** Null: it was deleted. */
  readonly config: string | null
  /** When it was answered with 2xx. Absent when the answer was lost: it may be carried out at any time, or never. */
  readonly doneAt?: number
}

/** What REST answered; `at` is when the answer was there. */
interface ConfigRead {
  readonly kind: 'config read'
  readonly connector: string
  /** Null: there is none. */
  readonly config: string | null
  readonly askedAt: number
}

/** What a process holds, after a number of cycles of the same work. */
interface Usage {
  readonly kind: 'usage'
  readonly process: string
  readonly cycle: number
  readonly memoryBytes: number
  readonly descriptors: number
}

/** Topic and offsets were read with `read_committed` to ends at which no transaction was open. */
interface Cut {
  readonly kind: 'cut'
  readonly stream: Stream
}
