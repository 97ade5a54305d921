import { messageOf } from '#server/contract/errors.ts'
import { createAdmin, type TopicPartition } from '#server/kafka/admin.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { clientFields, defaultNumber } from '#server/kafka/client-fields.ts'
import { visibleBatches } from '#server/kafka/committed-filter.ts'
import { epochEnds } from '#server/kafka/epoch-ends.ts'
import { createFetchSession, type FetchSession } from '#server/kafka/fetch-session.ts'
import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import { createReadReplica, type ReadReplica } from '#server/kafka/read-replica.ts'
import { readableBatches } from '#server/kafka/readable-batches.ts'
import { boundlessMemory, type RecordMemory } from '#server/kafka/record-memory.ts'
import type { ResetPolicy, ResetTo } from '#server/kafka/reset-policy.ts'
import { takeRecords } from '#server/kafka/take-records.ts'
import type { ResponseOf } from '#server/protocol/codec.ts'
import { zeroUuid } from '#server/protocol/field-codec.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** Where reading begins: at an offset, or where there are none. */
export type StartAt = number | ResetTo

export interface FetcherOptions {
  isolation: 'read_uncommitted' | 'read_committed'
  maxWaitMs?: number
  minBytes?: number
  maxBytes?: number
  partitionMaxBytes?: number
  /** The most records that one `poll` hands over; as many as have arrived without it. */
  maxPollRecords?: number
  /** I12: nothing more is fetched while this much waits to be taken by `poll`. */
  maxBufferedBytes?: number
  /** Where this client is, so that a leader names the nearest replica to read from (KIP-392; Kafka: `client.rack`). */
  rack?: string
  /** How long a replica that a leader named is read from before the leader is asked again. */
  metadataMaxAgeMs?: number
  /** Whether a batch has to have the checksum that it was written with (Kafka: `check.crcs`); it has to without this. */
  checkCrcs?: boolean
  /** Shared with others: what is fetched is held there until `done`. */
  memory?: RecordMemory
  /** What to do when a position is outside the log; `none` makes `poll` throw OFFSET_OUT_OF_RANGE. */
  resetPolicy: ResetPolicy
}

/**
 * Reads assigned partitions, one long poll a broker on a connection of its own. While the caller works on one answer the
 * next is on its way; what was not taken by `poll` is not fetched further, so memory stays within two answers a broker.
 */
export interface Fetcher extends AsyncDisposable {
  assign(partitions: readonly (TopicPartition & { offset: StartAt })[]): void
  unassign(partitions: readonly TopicPartition[]): void
  seek(partition: TopicPartition, offset: StartAt): void
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  /** The offset that `poll` will hand over next; undefined until it is known. */
  position(partition: TopicPartition): number | undefined
  highWatermark(partition: TopicPartition): number | undefined
  /** What `poll` handed over is done with, and may be forgotten. */
  done(): void
  /**
   * What has arrived; waits for something until `timeoutMs` or the signal, then answers an empty list. Rejects with
   * CORRUPT_MESSAGE, not to be tried again, for a batch that is not what was written however often it is asked for; what
   * stands before it was handed over (I14).
   */
  poll(signal: AbortSignal, timeoutMs?: number): Promise<FetchedPartition[]>
}

interface Reading extends TopicPartition {
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
interface Question {
  reading: Reading
  version: number
  from: number
  /** Of the broker that is asked; -1 while it is not known. */
  leaderEpoch: number
}

const mebibyte = 1024 * 1024
const defaults = {
  maxWaitMs: 500,
  minBytes: 1,
  maxBytes: 50 * mebibyte,
  partitionMaxBytes: mebibyte,
  maxPollRecords: Number.POSITIVE_INFINITY,
  maxBufferedBytes: 64 * mebibyte,
  rack: '',
  metadataMaxAgeMs: defaultNumber(clientFields['metadata.max.age.ms']),
  checkCrcs: true,
  memory: boundlessMemory,
}
/** A batch that was damaged on its way is whole the next time; one that is damaged in the log never is. */
const askedAgainWhenCorrupt = 3
const unknownEpoch = -1
let lanes = 0

const sizeOf = (fetched: FetchedPartition | undefined) =>
  (fetched?.batches ?? []).reduce((sum, { bytes }) => sum + bytes.length, 0)

const nameOf = (reset: ResetTo) => (typeof reset === 'object' ? `first of the last ${reset.lastMs} ms` : reset)

/** Errors that fresh metadata mends. */
const staleMetadata: ReadonlySet<string> = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'LEADER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'OFFSET_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
])

export function createFetcher(client: KafkaClient, options: FetcherOptions): Fetcher {
  const { clock } = client
  const settings = { ...defaults, ...options }
  const admin = createAdmin(client)
  const lane = `fetch-${lanes++}`
  const readings = new Map<string, Reading>()
  const busyBrokers = new Set<number>()
  const sessions = new Map<number, FetchSession>()
  const closing = new AbortController()
  let wake: () => void = () => undefined
  let failure: Error | undefined
  let planning: Promise<void> | undefined
  let planAgain = false
  let versions = 0
  /** Bytes that `poll` handed over and that are not done with. */
  let handed = 0

  const keyOf = ({ topic, partition }: TopicPartition) => `${topic}-${partition}`
  const of = (partition: TopicPartition) => readings.get(keyOf(partition))

  function backOff(reading: Reading) {
    const waitMs = client.retryDelayMs(reading.failures++)
    const retryAt = clock.monotonic() + waitMs
    reading.retryAt = retryAt
    void clock.sleep(waitMs, closing.signal).then(() => {
      // A timer may be a millisecond early by the clock: that the time is over is for the timer to say.
      if (reading.retryAt === retryAt) reading.retryAt = 0
      plan()
    })
  }

  /** Starts whatever fetches are due. Calls while one plan is being made are answered by one more. */
  function plan() {
    if (closing.signal.aborted) return
    planAgain = true
    planning ??= (async () => {
      while (planAgain && !closing.signal.aborted) {
        planAgain = false
        await startFetches()
      }
    })().finally(() => {
      planning = undefined
      if (planAgain) plan()
    })
  }

  async function startFetches() {
    const now = clock.monotonic()
    if (overBudget()) return
    const due = [...readings.values()].filter(
      (r) => !r.paused && !r.buffered && !r.asked && r.locatedBy === undefined && r.retryAt <= now,
    )
    const byBroker = new Map<number, Question[]>()
    const unsure = new Map<number, Question[]>()
    const unlocated = new Map<string, { leader: number; start: ResetTo; readings: Reading[] }>()
    for (const reading of due) {
      const leader = await leaderOf(reading)
      if (leader === undefined || !knowsItsTopic(reading)) continue
      const broker = reading.replica.preferred() ?? leader
      if (busyBrokers.has(broker)) continue
      if (typeof reading.fetchFrom !== 'number') {
        const key = `${leader} ${JSON.stringify(reading.fetchFrom)}`
        const entry = unlocated.get(key) ?? { leader, start: reading.fetchFrom, readings: [] }
        entry.readings.push(reading)
        unlocated.set(key, entry)
        continue
      }
      const { version, fetchFrom: from } = reading
      const leaderEpoch = client.knownTopic(reading.topic)?.partitions[reading.partition]?.leaderEpoch ?? unknownEpoch
      const held = reading.lastEpoch === unknownEpoch || leaderEpoch <= reading.heldUnder
      const [group, asked] = held ? [byBroker, broker] : [unsure, leader]
      group.set(asked, [...(group.get(asked) ?? []), { reading, version, from, leaderEpoch }])
    }
    for (const [leader, wanted] of unsure) void compare(leader, wanted).then(plan)
    for (const { leader, start, readings: wanted } of unlocated.values()) void locate(leader, start, wanted).then(plan)
    // A long poll for those that are known would keep the others out until it ends.
    const locating = new Set([...readings.values()].map(({ locatedBy }) => locatedBy))
    for (const [broker, wanted] of byBroker) {
      if (busyBrokers.has(broker) || locating.has(broker)) continue
      busyBrokers.add(broker)
      for (const { reading } of wanted) reading.asked = true
      void fetchFrom(broker, wanted).finally(() => {
        busyBrokers.delete(broker)
        for (const { reading } of wanted) reading.asked = false
        // With records waiting, the next fetch starts when they are taken: a long poll for the quiet partitions alone
        // would keep the busy ones out until it ends.
        if (!hasReady()) plan()
      })
    }
  }

  async function leaderOf(reading: Reading): Promise<number | undefined> {
    try {
      return (await client.leader(reading.topic, reading.partition, { withinMs: 0 })).id
    } catch (error) {
      client.logger.debug(`No leader for ${keyOf(reading)} yet: ${messageOf(error)}`)
      backOff(reading)
      return undefined
    }
  }

  /** Offsets of a topic that was deleted mean nothing in the one that took its name. False when nobody says where to go on. */
  function knowsItsTopic(reading: Reading): boolean {
    const id = client.knownTopic(reading.topic)?.id
    if (id === undefined || id === zeroUuid || id === reading.topicId) return true
    const renewed = reading.topicId !== undefined
    reading.topicId = id
    reading.replica.clear()
    if (!renewed || typeof reading.fetchFrom !== 'number') return true
    takeError(reading, new KafkaError('OFFSET_OUT_OF_RANGE', `${keyOf(reading)} was deleted and created again`))
    return typeof reading.fetchFrom !== 'number'
  }

  /** Asks a new leader whether it has what was read; where it has not, reading goes on with what it has instead. */
  async function compare(leader: number, asked: readonly Question[]): Promise<void> {
    for (const { reading } of asked) reading.locatedBy = leader
    try {
      const read = asked.map(({ reading: { topic, partition, lastEpoch }, leaderEpoch }) => ({
        topic,
        partition,
        lastEpoch,
        leaderEpoch,
      }))
      for (const end of await epochEnds(client, leader, read)) {
        const question = asked.find(({ reading }) => keyOf(reading) === keyOf(end))
        if (!question || isOld(question)) continue
        const { reading, from, leaderEpoch } = question
        if ('error' in end) takeError(reading, end.error)
        else if (end.endOffset < from) takeTruncation(reading, end)
        else reading.heldUnder = leaderEpoch
      }
    } catch (error) {
      client.logger.debug(`Whether broker ${leader} has what was read is not known yet: ${messageOf(error)}`)
      for (const { reading } of asked) {
        client.invalidate({ topic: reading.topic })
        backOff(reading)
      }
    } finally {
      for (const { reading } of asked) reading.locatedBy = undefined
    }
  }

  const isOld = ({ reading, version }: Question) => reading.version !== version

  /** Beside everything else: while one broker cannot be asked, others are read. */
  async function locate(leader: number, start: ResetTo, wanted: readonly Reading[]): Promise<void> {
    const versionsThen = new Map(wanted.map((reading) => [reading, reading.version]))
    for (const reading of wanted) reading.locatedBy = leader
    try {
      const at = typeof start === 'object' ? Math.max(0, clock.now() - start.lastMs) : start
      for (const { topic, partition, offset } of await admin.listOffsets(wanted, at, settings.isolation)) {
        const reading = of({ topic, partition })
        if (!reading || versionsThen.get(reading) !== reading.version) continue
        if (offset < 0) {
          // Nothing is as new as that: what comes from now on is.
          reading.fetchFrom = 'latest'
          continue
        }
        reading.fetchFrom = offset
        reading.position = offset
      }
    } catch (error) {
      client.logger.debug(`The ${nameOf(start)} offsets at broker ${leader} are not known yet: ${messageOf(error)}`)
      for (const reading of wanted) backOff(reading)
    } finally {
      for (const reading of wanted) reading.locatedBy = undefined
    }
  }

  const answerBytes = () => Math.min(settings.maxBytes, settings.memory.atOnce())

  function buffer(reading: Reading, fetched: FetchedPartition | undefined) {
    if (reading.buffered) settings.memory.release(sizeOf(reading.buffered))
    if (fetched) settings.memory.hold(sizeOf(fetched))
    reading.buffered = fetched
  }

  function done() {
    settings.memory.release(handed)
    handed = 0
  }

  /** What a paused partition holds is let go first: it can be fetched again. */
  function overBudget(): boolean {
    const held = [...readings.values()].filter(({ buffered }) => buffered !== undefined)
    let bytes = held.reduce((sum, { buffered }) => sum + sizeOf(buffered), 0)
    const isFull = () => bytes >= settings.maxBufferedBytes || !settings.memory.fits(answerBytes())
    for (const reading of held) {
      if (!isFull()) return false
      if (!reading.paused || !reading.buffered) continue
      bytes -= sizeOf(reading.buffered)
      reading.fetchFrom = reading.buffered.startOffset
      buffer(reading, undefined)
    }
    return isFull()
  }

  async function fetchFrom(broker: number, asked: readonly Question[]) {
    const session = sessions.get(broker) ?? createFetchSession()
    sessions.set(broker, session)
    try {
      const connection = await client.connection({ broker }, lane)
      const byId =
        (connection.version('Fetch') ?? 0) >= 13 && asked.every(({ reading }) => client.knownTopic(reading.topic))
      const answer = await connection.call(
        'Fetch',
        {
          maxWaitMs: settings.maxWaitMs,
          minBytes: settings.minBytes,
          maxBytes: answerBytes(),
          isolationLevel: settings.isolation === 'read_committed' ? 1 : 0,
          rackId: settings.rack,
          ...session.next(
            asked.map(({ reading: { topic, partition }, from, leaderEpoch }) => ({
              topic,
              topicId: byId ? client.knownTopic(topic)?.id : undefined,
              partition,
              currentLeaderEpoch: leaderEpoch,
              fetchOffset: from,
              partitionMaxBytes: settings.partitionMaxBytes,
            })),
          ),
        },
        byId ? {} : { maxVersion: 12 },
      )
      if (!session.answered(answer)) return
      if (answer.errorCode !== 0) throw KafkaError.of(answer.errorCode)
      for (const topic of answer.responses) {
        const name = byId ? client.knownTopicById(topic.topicId)?.name : topic.topic
        for (const partition of topic.partitions) {
          const question = asked.find(
            ({ reading }) => reading.topic === name && reading.partition === partition.partitionIndex,
          )
          if (question && !isOld(question)) take(question, partition)
        }
      }
    } catch (error) {
      session.lost()
      if (closing.signal.aborted) return
      client.logger.debug(`A fetch from broker ${broker} failed: ${messageOf(error)}`)
      for (const { reading } of asked) {
        goToLeader(reading)
        backOff(reading)
      }
    }
  }

  /** As its leader is said to be now: the replica that was asked may be none any more. */
  function goToLeader(reading: Reading) {
    reading.replica.clear()
    client.invalidate({ topic: reading.topic })
  }

  function take(
    { reading, from, leaderEpoch }: Question,
    data: ResponseOf<'Fetch'>['responses'][number]['partitions'][number],
  ) {
    if (data.errorCode !== 0) {
      const error = KafkaError.of(data.errorCode, keyOf(reading))
      // A follower may not have yet, or not have any more, what its leader has.
      const ofFollower = error.errorName === 'OFFSET_OUT_OF_RANGE' && reading.replica.clear()
      if (!ofFollower) takeError(reading, error)
      return
    }
    reading.highWatermark = data.highWatermark
    // There the same records are asked for again.
    if (data.preferredReadReplica >= 0) reading.replica.prefer(data.preferredReadReplica)
    if (!data.records || data.records.length === 0) {
      reading.failures = 0
      return
    }
    const aborted = settings.isolation === 'read_committed' ? (data.abortedTransactions ?? []) : undefined
    const { batches, corrupt } = readableBatches(data.records, { verifyCrc: settings.checkCrcs })
    const all = batches.filter((batch) => batch.lastOffset >= from)
    const last = all.at(-1)
    if (!last) {
      if (corrupt) {
        const where = `Record batch for partition ${keyOf(reading)} at offset ${corrupt.offset}`
        takeCorruption(reading, `${where} is invalid, cause: ${corrupt.error.message}`)
      }
      return
    }
    buffer(reading, {
      topic: reading.topic,
      partition: reading.partition,
      highWatermark: data.highWatermark,
      batches: visibleBatches(all, aborted),
      startOffset: from,
      nextOffset: last.lastOffset + 1,
    })
    reading.fetchFrom = last.lastOffset + 1
    reading.lastEpoch = last.leaderEpoch
    reading.heldUnder = leaderEpoch
    reading.failures = 0
    reading.corruptAnswers = 0
    wake()
  }

  /** I14, I10: neither handed over nor waited for without end (Kafka: `CompletedFetch.maybeEnsureValid`). */
  function takeCorruption(reading: Reading, what: string) {
    reading.corruptAnswers++
    if (reading.corruptAnswers <= askedAgainWhenCorrupt) {
      client.logger.warn(`${what}. It is asked for again.`)
      goToLeader(reading)
      backOff(reading)
      return
    }
    const cause = new Error(what)
    const detail = `Received exception when fetching the next record from ${keyOf(reading)}. If needed, please seek past the record to continue consumption.`
    fail(reading, new KafkaError('CORRUPT_MESSAGE', detail, { cause, retriable: false }))
  }

  function takeError(reading: Reading, error: KafkaError) {
    if (error.errorName === 'OFFSET_OUT_OF_RANGE') {
      if (settings.resetPolicy === 'none') return fail(reading, error)
      client.logger.warn(
        `${keyOf(reading)}: offset ${reading.fetchFrom} is outside the log; reading on at the ${nameOf(settings.resetPolicy)} one.`,
      )
      reading.fetchFrom = settings.resetPolicy
      reading.lastEpoch = unknownEpoch
      return
    }
    if (error.errorName === 'CORRUPT_MESSAGE') {
      const which = `when fetching offset ${reading.fetchFrom} for topic-partition ${keyOf(reading)}`
      return takeCorruption(reading, `Encountered corrupt message ${which}`)
    }
    if (staleMetadata.has(error.errorName)) goToLeader(reading)
    else if (error.errorName === 'UNKNOWN_SERVER_ERROR')
      client.logger.warn(`${keyOf(reading)} could not be fetched and is asked for again: ${error.message}`)
    // It would be the same for ever, and nobody would know (Kafka: `FetchCollector`).
    else if (!error.retriable) return fail(reading, error)
    backOff(reading)
  }

  /** What was read is gone from the log, which goes on with other records (KIP-320). */
  function takeTruncation(reading: Reading, { epoch, endOffset }: { epoch: number; endOffset: number }) {
    const lost = `${keyOf(reading)}: the log was truncated to offset ${endOffset}, below ${reading.fetchFrom}`
    if (settings.resetPolicy === 'none') return fail(reading, new KafkaError('OFFSET_OUT_OF_RANGE', lost))
    client.logger.warn(`${lost}; reading on there.`)
    Object.assign(reading, { fetchFrom: endOffset, position: endOffset, lastEpoch: epoch })
  }

  /** The next `poll` throws; until somebody seeks, the same is asked again only now and then. */
  function fail(reading: Reading, error: Error) {
    failure = error
    backOff(reading)
    wake()
  }

  const hasReady = () => [...readings.values()].some((reading) => reading.buffered && !reading.paused)

  function takeReady(): FetchedPartition[] {
    const ready: FetchedPartition[] = []
    let left = settings.maxPollRecords
    for (const [key, reading] of [...readings]) {
      if (!reading.buffered || reading.paused || left <= 0) continue
      const { taken, count, rest } = takeRecords(reading.buffered, left)
      left -= count
      // It stays held until it is done with; a batch of which something is left counts as waiting.
      handed += sizeOf(reading.buffered) - sizeOf(rest)
      reading.buffered = rest
      reading.position = taken.nextOffset
      ready.push(taken)
      // The next ones come from those that wait longest.
      if (!rest && left < Number.POSITIVE_INFINITY) {
        readings.delete(key)
        readings.set(key, reading)
      }
    }
    return ready
  }

  return {
    assign(partitions) {
      for (const { topic, partition, offset } of partitions) {
        const before = of({ topic, partition })
        if (before) buffer(before, undefined)
        readings.set(keyOf({ topic, partition }), {
          topic,
          partition,
          fetchFrom: offset,
          position: typeof offset === 'number' ? offset : undefined,
          highWatermark: undefined,
          paused: false,
          version: versions++,
          failures: 0,
          retryAt: 0,
          lastEpoch: unknownEpoch,
          heldUnder: unknownEpoch,
          topicId: undefined,
          locatedBy: undefined,
          asked: false,
          replica: createReadReplica(clock, settings.metadataMaxAgeMs),
          corruptAnswers: 0,
          buffered: undefined,
        })
      }
      plan()
    },
    unassign(partitions) {
      for (const partition of partitions) {
        const reading = of(partition)
        if (!reading) continue
        reading.version = versions++
        buffer(reading, undefined)
        readings.delete(keyOf(partition))
      }
    },
    seek(partition, offset) {
      const reading = of(partition)
      if (!reading) throw new RangeError(`${keyOf(partition)} is not assigned`)
      buffer(reading, undefined)
      Object.assign(reading, {
        fetchFrom: offset,
        position: typeof offset === 'number' ? offset : undefined,
        version: versions++,
        retryAt: 0,
        lastEpoch: unknownEpoch,
        corruptAnswers: 0,
      })
      plan()
    },
    pause(partitions) {
      for (const partition of partitions) {
        const reading = of(partition)
        if (reading) reading.paused = true
      }
    },
    resume(partitions) {
      for (const partition of partitions) {
        const reading = of(partition)
        if (reading) reading.paused = false
      }
      wake()
      plan()
    },
    position: (partition) => of(partition)?.position,
    highWatermark: (partition) => of(partition)?.highWatermark,
    done,
    async poll(signal, timeoutMs = settings.maxWaitMs) {
      const deadline = clock.monotonic() + timeoutMs
      for (;;) {
        if (failure) {
          const error = failure
          failure = undefined
          throw error
        }
        const ready = takeReady()
        // The next fetch is on its way while the caller works on this one.
        plan()
        if (ready.length > 0 || signal.aborted || clock.monotonic() >= deadline) return ready
        await waitForData(deadline - clock.monotonic(), signal)
      }
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      wake()
      for (const reading of readings.values()) buffer(reading, undefined)
      done()
      client.closeDedicated(lane)
      await planning
    },
  }

  async function waitForData(ms: number, signal: AbortSignal) {
    const waiting = new AbortController()
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    const stop = () => waiting.abort()
    signal.addEventListener('abort', stop)
    await Promise.race([woken, clock.sleep(ms, waiting.signal)])
    wake = () => undefined
    signal.removeEventListener('abort', stop)
    waiting.abort()
  }
}
