import type { BrokerState } from '#server/broker/broker-state.ts'
import { codeOf, errorAnswer } from '#server/broker/error-answer.ts'
import type { Handler } from '#server/broker/handlers/handler.ts'
import { checkLeaderEpoch, logOf, topicOf } from '#server/broker/handlers/partitions.ts'
import { waitForAppend } from '#server/broker/handlers/wait-for-append.ts'
import type { PartitionLog } from '#server/broker/log/partition-log.ts'
import type { RequestOf } from '#server/protocol/codec.ts'

/** Kafka: IsolationLevel. */
const readCommitted = 1
/** The most that one answer holds, whatever a client allows (`fetch.max.bytes` of the broker). */
const maxAnswerBytes = 55 * 1024 * 1024

type FetchRequest = RequestOf<'Fetch'>

/**
 * Answers at once when there is enough, else waits for records until `maxWaitMs`. Sessions are not kept: an answer with
 * session id 0 makes every client name its partitions each time (KIP-227).
 */
export function fetch(broker: BrokerState): Handler<'Fetch'> {
  const { topics, clock, logger } = broker

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

  function readAll(request: FetchRequest) {
    let left = Math.min(request.maxBytes, maxAnswerBytes)
    let bytes = 0
    let failed = false
    const logs: PartitionLog[] = []
    const responses = request.topics.map(({ topic, topicId, partitions }) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition, fetchOffset, partitionMaxBytes, currentLeaderEpoch }) => {
        try {
          checkLeaderEpoch(currentLeaderEpoch)
          const log = logOf(topicOf(topics, { name: topic, topicId }), partition)
          logs.push(log)
          // The first partition with records gives its first batch even when that is larger than allowed (KIP-74).
          const room = left > 0 || bytes === 0 ? Math.max(0, Math.min(partitionMaxBytes, left)) : -1
          const answer = readPartition(log, fetchOffset, Math.max(room, 0), request.isolationLevel === readCommitted)
          const size = answer.records.reduce((sum, part) => sum + part.length, 0)
          if (room < 0 || (bytes > 0 && size > room)) return { partitionIndex: partition, ...answer, records: [] }
          left -= size
          bytes += size
          return { partitionIndex: partition, ...answer }
        } catch (error) {
          failed = true
          const { errorCode } = errorAnswer(error, logger)
          return { partitionIndex: partition, errorCode, highWatermark: -1, abortedTransactions: null, records: [] }
        }
      }),
    }))
    return { responses, logs, bytes, failed }
  }

  return async (request, { signal }) => {
    if (request.sessionId !== 0 && request.sessionEpoch > 0) {
      return { errorCode: codeOf('FETCH_SESSION_ID_NOT_FOUND'), sessionId: 0, responses: [] }
    }
    const deadline = clock.now() + request.maxWaitMs
    for (;;) {
      const { responses, logs, bytes, failed } = readAll(request)
      const waitMs = deadline - clock.now()
      const enough = bytes >= request.minBytes || failed || request.topics.length === 0
      if (enough || waitMs <= 0 || signal.aborted) return { sessionId: 0, responses }
      await waitForAppend(logs, waitMs, clock, signal)
    }
  }
}
