import { type KafkaErrorName, kafkaErrorName } from '#server/protocol/kafka-errors.ts'

/** One partition as a Fetch request asks for it. */
export interface FetchQuestion {
  topic: string
  /** Undefined where brokers are asked by name. */
  topicId: string | undefined
  partition: number
  /** Under which its leader is known to lead, so that any other one refuses (KIP-320); -1 for any. */
  currentLeaderEpoch: number
  fetchOffset: number
  partitionMaxBytes: number
}

interface TopicPart<Partition> {
  topic?: string
  topicId?: string
  partitions: Partition[]
}

/** What of a Fetch request depends on those before it. */
export interface FetchSessionRequest {
  sessionId: number
  sessionEpoch: number
  topics: TopicPart<Omit<FetchQuestion, 'topic' | 'topicId'>>[]
  forgottenTopicsData?: TopicPart<number>[]
}

/** A broker remembers what we ask it for, and is told only what changed (KIP-227). One request at a time. */
export interface FetchSession {
  next(wanted: readonly FetchQuestion[]): FetchSessionRequest
  /** Takes an answer in; false when the session is over, so that the same must be asked again in full. */
  answered(answer: { errorCode: number; sessionId: number }): boolean
  /** There was no answer: what the broker remembers is not known. */
  lost(): void
}

/** The broker forgot the session, or it and we count differently. */
const ending: ReadonlySet<KafkaErrorName> = new Set([
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'FETCH_SESSION_TOPIC_ID_ERROR',
])
const noSession = 0
const first = 0
const lastEpoch = 2 ** 31 - 1

export function createFetchSession(): FetchSession {
  let id = noSession
  let epoch = first
  /** What the broker knows; meaningful while `epoch` is not the first. */
  let known = new Map<string, FetchQuestion>()
  let asking = new Map<string, FetchQuestion>()

  return {
    next(wanted) {
      asking = new Map(wanted.map((question) => [keyOf(question), question]))
      // A full request that names a session ends it.
      if (epoch === first) return { sessionId: id, sessionEpoch: first, topics: byTopic(wanted, askedOf) }
      const changed = wanted.filter((question) => !same(question, known.get(keyOf(question))))
      const forgotten = [...known].flatMap(([key, question]) => (asking.has(key) ? [] : [question]))
      return {
        sessionId: id,
        sessionEpoch: epoch,
        topics: byTopic(changed, askedOf),
        ...(forgotten.length > 0 ? { forgottenTopicsData: byTopic(forgotten, ({ partition }) => partition) } : {}),
      }
    },
    answered({ errorCode, sessionId }) {
      const over = ending.has(kafkaErrorName(errorCode))
      if (over || errorCode !== 0) {
        if (kafkaErrorName(errorCode) === 'FETCH_SESSION_ID_NOT_FOUND') id = noSession
        epoch = first
        return !over
      }
      id = sessionId
      known = asking
      if (sessionId === noSession) epoch = first
      else epoch = epoch === lastEpoch ? 1 : epoch + 1
      return true
    },
    lost() {
      epoch = first
    },
  }
}

const keyOf = ({ topic, topicId, partition }: FetchQuestion) => `${topicId ?? topic}-${partition}`
const same = (a: FetchQuestion, b: FetchQuestion | undefined) =>
  b !== undefined &&
  a.currentLeaderEpoch === b.currentLeaderEpoch &&
  a.fetchOffset === b.fetchOffset &&
  a.partitionMaxBytes === b.partitionMaxBytes
const askedOf = ({ partition, currentLeaderEpoch, fetchOffset, partitionMaxBytes }: FetchQuestion) => ({
  partition,
  currentLeaderEpoch,
  fetchOffset,
  partitionMaxBytes,
})

function byTopic<Part>(
  questions: readonly FetchQuestion[],
  part: (question: FetchQuestion) => Part,
): TopicPart<Part>[] {
  const topics = new Map<string, TopicPart<Part>>()
  for (const question of questions) {
    const { topic, topicId } = question
    const key = topicId ?? topic
    const entry = topics.get(key) ?? { ...(topicId === undefined ? { topic } : { topicId }), partitions: [] }
    entry.partitions.push(part(question))
    topics.set(key, entry)
  }
  return [...topics.values()]
}
