import {
  type Answered,
  createFetchSession,
  type FetchSession,
  firstEpoch,
  type Question,
  questionsOf,
} from '#server/broker/fetch-sessions/fetch-session.ts'
import type { Clock } from '#server/contract/clock.ts'
import type { RequestOf } from '#server/protocol/codec.ts'
import type { KafkaErrorName } from '#server/protocol/kafka-errors.ts'

/** What of a Fetch request decides about sessions. */
export type FetchAsked = Pick<RequestOf<'Fetch'>, 'sessionId' | 'sessionEpoch' | 'topics' | 'forgottenTopicsData'>

/** One Fetch request in the light of what the client asked before. */
export interface FetchContext {
  readonly questions: readonly Question[]
  /** What to send of all that there is to say, and in which session the client goes on; 0 for none. */
  answer(answered: readonly Answered[]): { sessionId: number; answered: readonly Answered[] } | FetchRefusal
}

export interface FetchRefusal {
  error: KafkaErrorName
}

/**
 * The fetch sessions of all clients (KIP-227; Kafka: FetchManager, FetchSessionCache). I12: at most `slots` of them. When
 * all are taken, a new one takes the place of one that nobody has used for two minutes, else of the smallest that is
 * smaller than itself and two minutes old; else its client goes on without a session.
 */
export interface FetchSessions {
  open(request: FetchAsked, byId: boolean): FetchContext | FetchRefusal
  readonly size: number
}

const noSession = 0
const finalEpoch = -1
const largestId = 2 ** 31 - 1
/** Kafka: MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS. */
const evictionMs = 120_000

export function createFetchSessions(options: {
  slots: number
  clock: Pick<Clock, 'monotonic' | 'random'>
}): FetchSessions {
  const { slots, clock } = options
  /** Least recently used first. */
  const sessions = new Map<number, FetchSession>()

  function open(request: FetchAsked, byId: boolean): FetchContext | FetchRefusal {
    const { sessionId, sessionEpoch } = request
    if (sessionEpoch === firstEpoch || sessionEpoch === finalEpoch) {
      sessions.delete(sessionId)
      const questions = questionsOf(request.topics)
      return sessionEpoch === finalEpoch ? withoutSession(questions) : begin(questions, byId)
    }
    const session = sessions.get(sessionId)
    if (!session) return { error: 'FETCH_SESSION_ID_NOT_FOUND' }
    if (session.epoch !== sessionEpoch) return { error: 'INVALID_FETCH_SESSION_EPOCH' }
    if (session.byId !== byId) return { error: 'FETCH_SESSION_TOPIC_ID_ERROR' }
    session.update(request)
    if (session.size === 0) {
      sessions.delete(sessionId)
      return withoutSession([])
    }
    touch(session)
    return goOn(session)
  }

  const withoutSession = (questions: readonly Question[]): FetchContext => ({
    questions,
    answer: (answered) => ({ sessionId: noSession, answered }),
  })

  const begin = (questions: readonly Question[], byId: boolean): FetchContext => ({
    questions,
    answer(answered) {
      if (!makeRoom(answered.length)) return { sessionId: noSession, answered }
      const session = createFetchSession({ id: newId(), byId, createdAt: clock.monotonic() }, answered)
      sessions.set(session.id, session)
      return { sessionId: session.id, answered }
    },
  })

  function goOn(session: FetchSession): FetchContext {
    const { epoch } = session
    return {
      questions: session.questions(),
      answer(answered) {
        // Somebody else asked in this session while records were waited for.
        if (session.epoch !== epoch) return { error: 'INVALID_FETCH_SESSION_EPOCH' }
        return { sessionId: session.id, answered: session.news(answered) }
      },
    }
  }

  function touch(session: FetchSession) {
    session.lastUsedAt = clock.monotonic()
    sessions.delete(session.id)
    sessions.set(session.id, session)
  }

  function makeRoom(size: number): boolean {
    if (sessions.size < slots) return true
    const victim = stale() ?? smallest(size)
    return victim !== undefined && sessions.delete(victim.id)
  }

  function stale(): FetchSession | undefined {
    const [oldest] = sessions.values()
    return oldest && clock.monotonic() - oldest.lastUsedAt > evictionMs ? oldest : undefined
  }

  function smallest(size: number): FetchSession | undefined {
    let found: FetchSession | undefined
    for (const session of sessions.values()) {
      const mayGo = clock.monotonic() - session.createdAt > evictionMs && session.size < size
      if (mayGo && (!found || session.size < found.size)) found = session
    }
    return found
  }

  function newId(): number {
    let id = 1 + Math.floor(clock.random() * largestId)
    while (sessions.has(id)) id = (id % largestId) + 1
    return id
  }

  return {
    open,
    get size() {
      return sessions.size
    },
  }
}
