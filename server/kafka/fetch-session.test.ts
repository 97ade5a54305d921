import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFetchSession, type FetchQuestion } from '#server/kafka/fetch-session.ts'
import { kafkaErrors } from '#server/protocol/errors.gen.ts'

const question = (partition: number, fetchOffset: number): FetchQuestion => ({
  topic: 't',
  topicId: undefined,
  partition,
  currentLeaderEpoch: 3,
  fetchOffset,
  partitionMaxBytes: 100,
})

/** The broker's half: what it would fetch for each request, or the error it answers (Kafka: FetchManager). */
function createSessionBroker() {
  let session: { id: number; epoch: number; partitions: Map<number, number> } | undefined
  let ids = 0
  return {
    forget() {
      session = undefined
    },
    ask(request: ReturnType<ReturnType<typeof createFetchSession>['next']>) {
      const named = request.topics.flatMap(({ partitions }) => partitions)
      if (request.sessionEpoch === 0) {
        session = { id: ++ids, epoch: 1, partitions: new Map(named.map((p) => [p.partition, p.fetchOffset])) }
      } else {
        if (session?.id !== request.sessionId)
          return { errorCode: kafkaErrors.FETCH_SESSION_ID_NOT_FOUND.code, sessionId: 0 }
        if (session.epoch !== request.sessionEpoch) {
          return { errorCode: kafkaErrors.INVALID_FETCH_SESSION_EPOCH.code, sessionId: 0 }
        }
        session.epoch++
        for (const { partition, fetchOffset } of named) session.partitions.set(partition, fetchOffset)
        const forgotten = request.forgottenTopicsData?.flatMap(({ partitions }) => partitions) ?? []
        for (const partition of forgotten) session.partitions.delete(partition)
      }
      return { errorCode: 0, sessionId: session.id, fetches: session.partitions }
    },
  }
}

test('R-K06: whatever is lost or forgotten, the broker fetches exactly what is wanted', () => {
  const step = fc.record({
    wanted: fc.dictionary(fc.constantFrom('0', '1', '2', '3'), fc.nat(5)),
    fate: fc.constantFrom('answered', 'answered', 'answered', 'answer lost', 'request lost', 'session forgotten'),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const session = createFetchSession()
      const broker = createSessionBroker()
      for (const { wanted, fate } of steps) {
        const questions = Object.entries(wanted).map(([partition, offset]) => question(Number(partition), offset))
        if (fate === 'session forgotten') broker.forget()
        for (let again = true; again; ) {
          const request = session.next(questions)
          if (fate === 'request lost') {
            session.lost()
            break
          }
          const answer = broker.ask(request)
          if (fate === 'answer lost') {
            session.lost()
            break
          }
          again = !session.answered(answer)
          if (again) expect(request.sessionEpoch).toBeGreaterThan(0)
          else expect(answer.fetches).toEqual(new Map(questions.map((q) => [q.partition, q.fetchOffset])))
        }
      }
    }),
  )
})

test('what did not change is not said again', () => {
  const session = createFetchSession()
  const broker = createSessionBroker()
  session.answered(broker.ask(session.next([question(0, 5), question(1, 7)])))
  const second = session.next([question(0, 6), question(1, 7)])
  expect(second.topics).toEqual([
    { topic: 't', partitions: [{ partition: 0, currentLeaderEpoch: 3, fetchOffset: 6, partitionMaxBytes: 100 }] },
  ])
  session.answered(broker.ask(second))
  expect(session.next([question(1, 7)])).toMatchObject({
    topics: [],
    forgottenTopicsData: [{ topic: 't', partitions: [0] }],
  })
})

test('a broker without sessions is asked in full every time', () => {
  const session = createFetchSession()
  session.next([question(0, 5)])
  session.answered({ errorCode: 0, sessionId: 0 })
  expect(session.next([question(0, 5)])).toMatchObject({ sessionId: 0, sessionEpoch: 0, topics: [{ topic: 't' }] })
})
