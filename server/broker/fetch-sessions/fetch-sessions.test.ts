import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Answer, Question } from '#server/broker/fetch-sessions/fetch-session.ts'
import { createFetchSessions, type FetchAsked } from '#server/broker/fetch-sessions/fetch-sessions.ts'
import { createFetchSession as createClientSession } from '#server/kafka/fetch-session.ts'
import { kafkaErrors } from '#server/protocol/errors.gen.ts'
import { zeroUuid } from '#server/protocol/field-codec.ts'

const question = { currentLeaderEpoch: -1, fetchOffset: 0, partitionMaxBytes: 10 }
const asked = (sessionId: number, sessionEpoch: number, partitions: readonly Partial<Question>[] = []): FetchAsked => ({
  sessionId,
  sessionEpoch,
  topics: partitions.map(({ topic = 't', topicId = zeroUuid, ...rest }) => ({
    topic,
    topicId,
    partitions: [
      {
        ...{ partition: 0, lastFetchedEpoch: -1, logStartOffset: -1, replicaDirectoryId: zeroUuid, highWatermark: 0n },
        ...{ ...question, ...rest },
      },
    ],
  })),
  forgottenTopicsData: [],
})
const nothing: Answer = { errorCode: 0, highWatermark: 5, logStartOffset: 0, abortedTransactions: null, records: [] }
const records: Partial<Answer> = { records: [Buffer.from('r')] }

/** Sessions of a broker whose clock stands still, and what it answers by partition. */
function broker(slots = 10) {
  const time = { now: 0, random: 0 }
  const says = new Map<number, Partial<Answer>>()
  const sessions = createFetchSessions({ slots, clock: { monotonic: () => time.now, random: () => time.random } })
  return {
    sessions,
    says,
    time,
    fetch(request: FetchAsked, byId = false) {
      const context = sessions.open(request, byId)
      if ('error' in context) return { ...context, partitions: [] }
      const answered = context.questions.map((one) => ({
        question: one,
        answer: { ...nothing, ...says.get(one.partition) },
      }))
      const outcome = context.answer(answered)
      if ('error' in outcome) return { ...outcome, partitions: [] }
      const partitions = outcome.answered.map(({ question: { partition } }) => partition)
      return { sessionId: outcome.sessionId, partitions }
    },
  }
}
const three = [{ partition: 0 }, { partition: 1 }, { partition: 2 }]

test('a session begins with everything and goes on with what is new: records, moved ends, errors, what came after one', () => {
  const { fetch, says } = broker()
  expect(fetch(asked(0, 0, three))).toEqual({ sessionId: 1, partitions: [0, 1, 2] })
  expect(fetch(asked(1, 1))).toEqual({ sessionId: 1, partitions: [] })
  says.set(1, records)
  expect(fetch(asked(1, 2))).toEqual({ sessionId: 1, partitions: [1] })
  says.clear()
  says.set(0, { highWatermark: 6 })
  says.set(2, { logStartOffset: 3 })
  expect(fetch(asked(1, 3))).toEqual({ sessionId: 1, partitions: [0, 2] })
  expect(fetch(asked(1, 4))).toEqual({ sessionId: 1, partitions: [] })
  says.set(0, { errorCode: 3, highWatermark: -1 })
  expect(fetch(asked(1, 5)).partitions).toEqual([0])
  expect(fetch(asked(1, 6)).partitions).toEqual([0])
  says.delete(0)
  expect(fetch(asked(1, 7)).partitions).toEqual([0])
})

test('partitions are added, moved on and forgotten; with the last one the session is over', () => {
  const { fetch, sessions } = broker()
  fetch(asked(0, 0, [{ partition: 0 }]))
  expect(fetch(asked(1, 1, [{ partition: 4 }]))).toEqual({ sessionId: 1, partitions: [4] })
  const context = sessions.open(asked(1, 2, [{ partition: 4, fetchOffset: 9 }]), false)
  expect(
    'questions' in context && context.questions.map(({ partition, fetchOffset }) => [partition, fetchOffset]),
  ).toEqual([
    [0, 0],
    [4, 9],
  ])
  const forgottenTopicsData = [{ topic: 't', topicId: zeroUuid, partitions: [0, 4] }]
  expect(fetch({ ...asked(1, 3), forgottenTopicsData })).toEqual({ sessionId: 0, partitions: [] })
  expect(sessions.size).toBe(0)
})

test('who got records goes behind the others', () => {
  const { fetch, says, sessions } = broker()
  fetch(asked(0, 0, three))
  says.set(0, records)
  fetch(asked(1, 1))
  const context = sessions.open(asked(1, 2), false)
  expect('questions' in context && context.questions.map(({ partition }) => partition)).toEqual([1, 2, 0])
})

test('a session that is unknown, counted differently or addressed differently is refused by its error', () => {
  const { fetch } = broker()
  expect(fetch(asked(7, 1))).toEqual({ error: 'FETCH_SESSION_ID_NOT_FOUND', partitions: [] })
  expect(fetch(asked(0, 1))).toEqual({ error: 'FETCH_SESSION_ID_NOT_FOUND', partitions: [] })
  fetch(asked(0, 0, three))
  expect(fetch(asked(1, 2))).toEqual({ error: 'INVALID_FETCH_SESSION_EPOCH', partitions: [] })
  expect(fetch(asked(1, 1), true)).toEqual({ error: 'FETCH_SESSION_TOPIC_ID_ERROR', partitions: [] })
  expect(fetch(asked(1, 1))).toEqual({ sessionId: 1, partitions: [] })
})

test('a request that waits is refused when another one went on in its session', () => {
  const { fetch, sessions } = broker()
  fetch(asked(0, 0, three))
  const waiting = sessions.open(asked(1, 1), false)
  expect(fetch(asked(1, 2))).toEqual({ sessionId: 1, partitions: [] })
  expect('answer' in waiting && waiting.answer([])).toEqual({ error: 'INVALID_FETCH_SESSION_EPOCH' })
})

test('a full request ends the session that it names, and -1 begins no other', () => {
  const { fetch, sessions, time } = broker()
  fetch(asked(0, 0, three))
  time.random = 0.5
  expect(fetch(asked(1, 0, three))).toEqual({ sessionId: 2 ** 30, partitions: [0, 1, 2] })
  expect(fetch(asked(1, 1))).toEqual({ error: 'FETCH_SESSION_ID_NOT_FOUND', partitions: [] })
  expect(fetch(asked(2 ** 30, -1, three))).toEqual({ sessionId: 0, partitions: [0, 1, 2] })
  expect(sessions.size).toBe(0)
})

test('I12: when all places are taken a client goes on without a session, until one is stale or small and old', () => {
  const { fetch, sessions, time } = broker(2)
  expect(fetch(asked(0, 0, three))).toMatchObject({ sessionId: 1 })
  expect(fetch(asked(0, 0, [{ partition: 0 }]))).toMatchObject({ sessionId: 2 })
  expect(fetch(asked(0, 0, three))).toEqual({ sessionId: 0, partitions: [0, 1, 2] })
  // Both are used and old; the smaller one has to go.
  time.now = 120_000
  fetch(asked(1, 1))
  fetch(asked(2, 1))
  time.now++
  expect(fetch(asked(0, 0, [{ partition: 0 }]))).toMatchObject({ sessionId: 0 })
  expect(fetch(asked(0, 0, three))).toMatchObject({ sessionId: 2 })
  expect(fetch(asked(1, 2))).toMatchObject({ sessionId: 1 })
  expect(fetch(asked(2, 2))).toEqual({ error: 'INVALID_FETCH_SESSION_EPOCH', partitions: [] })
  // Nobody has used the last one for two minutes.
  time.now += 120_000
  fetch(asked(1, 3))
  time.now++
  expect(fetch(asked(0, 0, [{ partition: 0 }]))).toMatchObject({ sessionId: 2 })
  expect(sessions.size).toBe(2)
})

test('R-K06: our own client reads every record once in such a session, whatever answers and sessions are lost', () => {
  const step = fc.record({
    appends: fc.array(fc.tuple(fc.nat(3), fc.nat(2)), { maxLength: 3 }),
    asks: fc.subarray([0, 1, 2, 3]),
    fate: fc.constantFrom('arrives', 'arrives', 'arrives', 'answer lost', 'others take the places'),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const ends = [0, 0, 0, 0]
      const positions = [0, 0, 0, 0]
      const { sessions, time } = broker(1)
      const client = createClientSession()
      for (const { appends, asks, fate } of steps) {
        for (const [partition, count] of appends) ends[partition] = (ends[partition] ?? 0) + count
        time.now += 200_000
        time.random += 0.001
        if (fate === 'others take the places') {
          const other = sessions.open(asked(0, 0, three), false)
          if ('answer' in other) other.answer(other.questions.map((one) => ({ question: one, answer: nothing })))
        }
        const wanted = asks.map((partition) => ({
          ...{
            topic: 't',
            topicId: undefined,
            partition,
            currentLeaderEpoch: 0,
            fetchOffset: positions[partition] ?? 0,
            partitionMaxBytes: 1,
          },
        }))
        const request = client.next(wanted)
        const answer = serve({ ...asked(0, 0), ...request } as FetchAsked)
        if (fate === 'answer lost') {
          client.lost()
          continue
        }
        if (!client.answered(answer)) continue
        for (const { partition, from, to } of answer.read) {
          expect(from).toBe(positions[partition])
          positions[partition] = to
        }
        // What was asked for and not answered has nothing new.
        for (const partition of asks) expect(positions[partition]).toBe(ends[partition])
      }

      function serve(request: FetchAsked) {
        const context = sessions.open({ ...request, topics: filled(request.topics) }, false)
        if ('error' in context) return { errorCode: kafkaErrors[context.error].code, sessionId: 0, read: [] }
        const outcome = context.answer(
          context.questions.map((one) => ({
            question: one,
            answer: {
              ...nothing,
              highWatermark: ends[one.partition] ?? 0,
              records: one.fetchOffset < (ends[one.partition] ?? 0) ? [Buffer.from('r')] : [],
            },
          })),
        )
        if ('error' in outcome) throw new Error(`refused: ${outcome.error}`)
        const read = outcome.answered
          .filter(({ answer }) => answer.records.length > 0)
          .map(({ question: { partition, fetchOffset } }) => ({
            partition,
            from: fetchOffset,
            to: ends[partition] ?? 0,
          }))
        return { errorCode: 0, sessionId: outcome.sessionId, read }
      }
    }),
  )
})

/** What the wire puts in for what a client leaves out. */
const filled = (topics: FetchAsked['topics']): FetchAsked['topics'] =>
  topics.map((topic) => ({
    ...topic,
    topicId: zeroUuid,
    partitions: topic.partitions.map((partition) => ({ ...partition, currentLeaderEpoch: -1 })),
  }))
