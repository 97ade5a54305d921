import { describe, expect, test } from 'vitest'
import { createReadReplica } from '#server/kafka/read-replica.ts'
import { createReading, type Reading } from '#server/kafka/reading.ts'
import { advance, type ReadingEvent } from '#server/kafka/reading-events.ts'
import { KafkaError, type KafkaErrorName } from '#server/protocol/kafka-errors.ts'

/** Read up to 5, under the leader of epoch 3, and asked of replica 2 after a failure. */
function reading(state: Partial<Reading> = {}): Reading {
  const replica = createReadReplica({ monotonic: () => 0 }, 1_000)
  replica.prefer(2)
  const begun = createReading({ topic: 't', partition: 0, offset: 5 }, 1, replica)
  return Object.assign(begun, { topicId: 'a', lastEpoch: 3, heldUnder: 3, failures: 1, retryAt: 9, ...state })
}
const refused = (name: KafkaErrorName): ReadingEvent => ({ type: 'refused', error: new KafkaError(name) })
const corrupt: ReadingEvent = { type: 'corrupt', what: 'It is damaged' }

describe('a seek', () => {
  test('forgets what was known of the place before, and is tried at once', () => {
    const at = reading({ corruptAnswers: 2 })
    expect(advance(at, { type: 'sought', offset: 40, version: 7 }, 'none')).toEqual({ type: 'goOn' })
    expect(at).toMatchObject({ fetchFrom: 40, position: 40, version: 7, retryAt: 0, lastEpoch: -1, corruptAnswers: 0 })
  })

  test('to an end of the log has no position until it is located', () => {
    const at = reading()
    advance(at, { type: 'sought', offset: 'latest', version: 7 }, 'none')
    expect(at).toMatchObject({ fetchFrom: 'latest', position: undefined })
    advance(at, { type: 'located', offset: 12 }, 'none')
    expect(at).toMatchObject({ fetchFrom: 12, position: 12 })
  })

  test('to a time after every record goes to what comes from now on', () => {
    const at = reading({ fetchFrom: { lastMs: 1_000 }, position: undefined })
    advance(at, { type: 'located', offset: -1 }, 'none')
    expect(at).toMatchObject({ fetchFrom: 'latest', position: undefined })
  })
})

describe('the id of its topic', () => {
  test('is taken for what it is at first', () => {
    const at = reading({ topicId: undefined })
    expect(advance(at, { type: 'identified', topicId: 'b' }, 'none')).toEqual({ type: 'goOn' })
    expect(at).toMatchObject({ topicId: 'b', fetchFrom: 5 })
  })

  test('is of another topic afterwards, in which offsets mean nothing', () => {
    const at = reading()
    const { warning } = advance(at, { type: 'identified', topicId: 'b' }, 'earliest')
    expect(warning).toBe('t-0: offset 5 is outside the log; reading on at the earliest one.')
    expect(at).toMatchObject({ topicId: 'b', fetchFrom: 'earliest', lastEpoch: -1 })
    expect(at.replica.preferred()).toBeUndefined()
  })

  test('is an error then without a policy, which is told once', () => {
    const at = reading()
    expect(advance(at, { type: 'identified', topicId: 'b' }, 'none')).toMatchObject({
      type: 'fail',
      error: {
        errorName: 'OFFSET_OUT_OF_RANGE',
        message: expect.stringContaining('t-0 was deleted and created again'),
      },
    })
    expect(at).toMatchObject({ topicId: 'b', fetchFrom: 5 })
  })
})

describe('a new leader', () => {
  test('that has what was read is read on', () => {
    const at = reading()
    expect(advance(at, { type: 'held', leaderEpoch: 4 }, 'none')).toEqual({ type: 'goOn' })
    expect(at).toMatchObject({ heldUnder: 4, fetchFrom: 5 })
  })

  test('that lost some of it is read on at its end, whatever the policy names', () => {
    const at = reading()
    const { warning } = advance(at, { type: 'truncated', epoch: 2, endOffset: 4 }, 'latest')
    expect(warning).toBe('t-0: the log was truncated to offset 4, below 5; reading on there.')
    // It stays to be asked whether it has that much.
    expect(at).toMatchObject({ fetchFrom: 4, position: 4, lastEpoch: 2, heldUnder: 3 })
  })

  test('I14: that lost some of it is an error without a policy', () => {
    const at = reading()
    expect(advance(at, { type: 'truncated', epoch: 2, endOffset: 4 }, 'none')).toMatchObject({
      type: 'fail',
      error: { errorName: 'OFFSET_OUT_OF_RANGE' },
    })
    expect(at).toMatchObject({ fetchFrom: 5, position: 5, lastEpoch: 3 })
  })
})

describe('records', () => {
  const fetched = { topic: 't', partition: 0, highWatermark: 20, batches: [], startOffset: 5, nextOffset: 9 }

  test('move it on behind them, and nothing of earlier failures is left', () => {
    const at = reading({ corruptAnswers: 2 })
    const event = { type: 'fetched', fetched, lastEpoch: 4, leaderEpoch: 6 } as const
    expect(advance(at, event, 'none')).toEqual({ type: 'keep', fetched })
    // They are not handed over yet.
    expect(at).toMatchObject({ fetchFrom: 9, position: 5, lastEpoch: 4, heldUnder: 6, failures: 0, corruptAnswers: 0 })
  })

  test('that are none end earlier failures, and not the count of damaged answers', () => {
    const at = reading({ corruptAnswers: 2 })
    expect(advance(at, { type: 'empty' }, 'none')).toEqual({ type: 'goOn' })
    expect(at).toMatchObject({ fetchFrom: 5, failures: 0, corruptAnswers: 2 })
  })

  test.each([
    ['in an answer', corrupt, 'It is damaged'],
    ['in the log of a broker', refused('CORRUPT_MESSAGE'), 'when fetching offset 5 for topic-partition t-0'],
  ])('I14, I10: that are damaged %s are asked for three times more, then are an error', (_, event, what) => {
    const at = reading()
    for (let nth = 1; nth <= 3; nth++) {
      expect(advance(at, event, 'earliest')).toEqual({
        type: 'findLeaderAndAskLater',
        warning: expect.stringMatching(`${what}. It is asked for again.`),
      })
    }
    expect(advance(at, event, 'earliest')).toMatchObject({
      type: 'fail',
      error: { errorName: 'CORRUPT_MESSAGE', retriable: false, cause: { message: expect.stringContaining(what) } },
    })
    expect(at.fetchFrom).toBe(5)
  })
})

describe('a refusal', () => {
  test.each(['earliest', 'latest', { lastMs: 1_000 }] as const)('outside the log goes on as %j says', (policy) => {
    const at = reading()
    expect(advance(at, refused('OFFSET_OUT_OF_RANGE'), policy)).toMatchObject({
      type: 'goOn',
      warning: expect.stringContaining('t-0: offset 5 is outside the log'),
    })
    expect(at).toMatchObject({ fetchFrom: policy, lastEpoch: -1 })
  })

  test.each<[KafkaErrorName, string]>([
    ['NOT_LEADER_OR_FOLLOWER', 'findLeaderAndAskLater'],
    ['FENCED_LEADER_EPOCH', 'findLeaderAndAskLater'],
    ['UNKNOWN_TOPIC_ID', 'findLeaderAndAskLater'],
    ['OFFSET_NOT_AVAILABLE', 'findLeaderAndAskLater'],
    ['UNKNOWN_SERVER_ERROR', 'askLater'],
    ['REQUEST_TIMED_OUT', 'askLater'],
    ['TOPIC_AUTHORIZATION_FAILED', 'fail'],
    ['UNSUPPORTED_COMPRESSION_TYPE', 'fail'],
  ])('with %s is to %s, from the same place', (name, type) => {
    const at = reading()
    expect(advance(at, refused(name), 'earliest').type).toBe(type)
    expect(at).toMatchObject({ fetchFrom: 5, position: 5, lastEpoch: 3 })
  })

  test('for no reason that it names is told', () => {
    expect(advance(reading(), refused('UNKNOWN_SERVER_ERROR'), 'earliest').warning).toContain(
      't-0 could not be fetched',
    )
    expect(advance(reading(), refused('NOT_LEADER_OR_FOLLOWER'), 'earliest').warning).toBeUndefined()
  })
})
