import type { BrokerState } from '#server/broker/broker-state.ts'
import { codeOf, errorAnswer } from '#server/broker/error-answer.ts'
import type { Answer, Answered, Question } from '#server/broker/fetch-sessions/fetch-session.ts'
import { createFetchSessions } from '#server/broker/fetch-sessions/fetch-sessions.ts'
import type { Handler } from '#server/broker/handlers/handler.ts'
import { checkLeaderEpoch, logOf, topicOf } from '#server/broker/handlers/partitions.ts'
import { waitForAppend } from '#server/broker/handlers/wait-for-append.ts'
import type { PartitionLog } from '#server/broker/log/partition-log.ts'
import type { RequestOf } from '#server/protocol/codec.ts'

/** Kafka: IsolationLevel. */
const readCommitted = 1
/** The most that one answer holds, whatever a client allows (`fetch.max.bytes` of the broker). */
const maxAnswerBytes = 55 * 1024 * 1024
/** From here on topics are addressed by id. */
const byIdFrom = 13

/** Answers at once when there is enough, else waits for records until `maxWaitMs`. */
export function fetch(broker: BrokerState): Handler<'Fetch'> {
  const { topics, clock, logger, limits } = broker
  const sessions = createFetchSessions({ slots: limits.maxFetchSessions, clock })

  function readPartition(log: PartitionLog, fetchOffset: number, maxBytes: number, committedOnly: boolean) {
    const { lastStableOffset } = log
    const { records, nextOffset } = log.read(fetchOffset, maxBytes, committedOnly ? lastStableOffset : log.endOffset)
    return {
      errorCode: 0,
      highWatermark: log.endOffset,
      lastStableOffset,
      logStartOffset: log.startOffset,
      abortedTransactions: committedOnly
        ? log
            .abortedTransactions(fetchOffset, nextOffset)
            .map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
        : null,
      records,
    }
  }

  function readAll(questions: readonly Question[], { maxBytes, isolationLevel }: RequestOf<'Fetch'>) {
    let left = Math.min(maxBytes, maxAnswerBytes)
    let bytes = 0
    let failed = false
    const logs: PartitionLog[] = []

    function read({ topic, topicId, partition, currentLeaderEpoch, fetchOffset, partitionMaxBytes }: Question): Answer {
      try {
        checkLeaderEpoch(currentLeaderEpoch)
        const log = logOf(topicOf(topics, { name: topic, topicId }), partition)
        logs.push(log)
        // The first partition with records gives its first batch even when that is larger than allowed (KIP-74).
        const room = left > 0 || bytes === 0 ? Math.max(0, Math.min(partitionMaxBytes, left)) : -1
        const answer = readPartition(log, fetchOffset, Math.max(room, 0), isolationLevel === readCommitted)
        const size = answer.records.reduce((sum, part) => sum + part.length, 0)
        if (room < 0 || (bytes > 0 && size > room)) return { ...answer, records: [] }
        left -= size
        bytes += size
        return answer
      } catch (error) {
        failed = true
        const { errorCode } = errorAnswer(error, logger)
        return { errorCode, highWatermark: -1, abortedTransactions: null, records: [] }
      }
    }

    const answered = questions.map((question) => ({ question, answer: read(question) }))
    return { answered, logs, bytes, failed }
  }

  return async (request, { version, signal }) => {
    const context = sessions.open(request, version >= byIdFrom)
    if ('error' in context) return refusal(context.error)
    const deadline = clock.monotonic() + request.maxWaitMs
    for (;;) {
      const { answered, logs, bytes, failed } = readAll(context.questions, request)
      const waitMs = deadline - clock.monotonic()
      const enough = bytes >= request.minBytes || failed || context.questions.length === 0
      if (enough || waitMs <= 0 || signal.aborted) {
        const outcome = context.answer(answered)
        if ('error' in outcome) return refusal(outcome.error)
        return { sessionId: outcome.sessionId, responses: byTopic(outcome.answered) }
      }
      await waitForAppend(logs, waitMs, clock, signal)
    }
  }
}

const refusal = (error: Parameters<typeof codeOf>[0]) => ({ errorCode: codeOf(error), sessionId: 0, responses: [] })

/** Neighbours of one topic share an entry; the order is that of the partitions. */
function byTopic(answered: readonly Answered[]) {
  const entries: { topic: string; topicId: string; partitions: (Answer & { partitionIndex: number })[] }[] = []
  for (const { question, answer } of answered) {
    const { topic, topicId, partition } = question
    const last = entries.at(-1)
    const data = { partitionIndex: partition, ...answer }
    if (last?.topic === topic && last.topicId === topicId) last.partitions.push(data)
    else entries.push({ topic, topicId, partitions: [data] })
  }
  return entries
}
