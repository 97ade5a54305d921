import type { RequestOf } from '#server/protocol/codec.ts'

type FetchRequest = RequestOf<'Fetch'>
type AskedPartition = FetchRequest['topics'][number]['partitions'][number]

/** One partition that a client wants records of; addressed by id in newer versions, else by name. */
export interface Question
  extends Readonly<Pick<AskedPartition, 'partition' | 'currentLeaderEpoch' | 'fetchOffset' | 'partitionMaxBytes'>> {
  readonly topic: string
  readonly topicId: string
}

/** What there is to say of one partition. */
export interface Answer {
  readonly errorCode: number
  readonly highWatermark: number
  readonly lastStableOffset?: number
  readonly logStartOffset?: number
  readonly abortedTransactions: { producerId: number; firstOffset: number }[] | null
  readonly records: Buffer[]
}

export type Answered = { readonly question: Question; readonly answer: Answer }

/** What one client wants records of, remembered from request to request (Kafka: FetchSession). */
export interface FetchSession {
  readonly id: number
  /** Whether topics are addressed by id; a client that changes its mind needs another session. */
  readonly byId: boolean
  readonly createdAt: number
  readonly size: number
  /** The epoch that the next request must have. */
  readonly epoch: number
  lastUsedAt: number
  /** Takes in what changed; from here on another epoch is due. */
  update(request: Pick<FetchRequest, 'topics' | 'forgottenTopicsData'>): void
  /** In the order in which partitions get their share of an answer. */
  questions(): Question[]
  /**
   * Of all that there is to say, what the client does not know yet: records, errors, and ends of logs that moved. Who gets
   * records goes behind the others, so that everybody has its turn.
   */
  news(answered: readonly Answered[]): Answered[]
}

interface Known {
  question: Question
  highWatermark: number
  logStartOffset: number
}

const unknown = -1
const lastEpoch = 2 ** 31 - 1

export const firstEpoch = 0
/** Kafka: `FetchMetadata.nextEpoch`. */
export const epochAfter = (epoch: number) => (epoch === lastEpoch ? firstEpoch + 1 : epoch + 1)

export function questionsOf(topics: FetchRequest['topics']): Question[] {
  return topics.flatMap(({ topic, topicId, partitions }) =>
    partitions.map(({ partition, currentLeaderEpoch, fetchOffset, partitionMaxBytes }) => ({
      ...{ topic, topicId, partition, currentLeaderEpoch, fetchOffset, partitionMaxBytes },
    })),
  )
}

/** A session begins with a full answer, which the client then knows. */
export function createFetchSession(
  { id, byId, createdAt }: Pick<FetchSession, 'id' | 'byId' | 'createdAt'>,
  answered: readonly Answered[],
): FetchSession {
  const partitions = new Map<string, Known>()
  const keyOf = ({ topic, topicId, partition }: Pick<Question, 'topic' | 'topicId' | 'partition'>) =>
    `${byId ? topicId : topic}-${partition}`
  let epoch = epochAfter(firstEpoch)

  for (const { question, answer } of answered) partitions.set(keyOf(question), known(question, answer))

  return {
    id,
    byId,
    createdAt,
    lastUsedAt: createdAt,
    get size() {
      return partitions.size
    },
    get epoch() {
      return epoch
    },
    update({ topics, forgottenTopicsData }) {
      epoch = epochAfter(epoch)
      for (const question of questionsOf(topics)) {
        const before = partitions.get(keyOf(question))
        if (before) before.question = question
        else partitions.set(keyOf(question), { question, highWatermark: unknown, logStartOffset: unknown })
      }
      for (const { topic, topicId, partitions: forgotten } of forgottenTopicsData) {
        for (const partition of forgotten) partitions.delete(keyOf({ topic, topicId, partition }))
      }
    },
    questions: () => [...partitions.values()].map(({ question }) => question),
    news(all) {
      return all.filter(({ question, answer }) => {
        const key = keyOf(question)
        const before = partitions.get(key)
        if (!before) return false
        const now = known(before.question, answer)
        const moved = now.highWatermark !== before.highWatermark || now.logStartOffset !== before.logStartOffset
        const hasRecords = answer.records.length > 0
        if (hasRecords) partitions.delete(key)
        partitions.set(key, now)
        return hasRecords || moved || answer.errorCode !== 0
      })
    },
  }
}

/** An error is told each time, and what comes after it is news whatever it is. */
function known(question: Question, { errorCode, highWatermark, logStartOffset = unknown }: Answer): Known {
  if (errorCode !== 0) return { question, highWatermark: unknown, logStartOffset: unknown }
  return { question, highWatermark, logStartOffset }
}
