import type { TopicPartition } from '#server/kafka/admin.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { clientFields, defaultNumber } from '#server/kafka/client-fields.ts'
import { planFetches } from '#server/kafka/fetch-plan.ts'
import { createFetchedBuffer } from '#server/kafka/fetched-buffer.ts'
import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import { createLongPolls } from '#server/kafka/long-polls.ts'
import { createPositionLookup } from '#server/kafka/position-lookup.ts'
import { createReadReplica } from '#server/kafka/read-replica.ts'
import { createReading, isDue, partitionName, type Reading, type StartAt } from '#server/kafka/reading.ts'
import { advance, type Consequence } from '#server/kafka/reading-events.ts'
import { boundlessMemory, type RecordMemory } from '#server/kafka/record-memory.ts'
import type { ResetPolicy, ResetTo } from '#server/kafka/reset-policy.ts'

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
let lanes = 0

export function createFetcher(client: KafkaClient, options: FetcherOptions): Fetcher {
  const { clock } = client
  const settings = { ...defaults, ...options }
  const { resetPolicy } = settings
  const lane = `fetch-${lanes++}`
  const readings = new Map<string, Reading>()
  const closing = new AbortController()
  const buffer = createFetchedBuffer(readings, settings)
  const { answerBytes } = buffer
  const longPolls = createLongPolls(client, { ...settings, lane, answerBytes, signal: closing.signal, settle })
  const lookup = createPositionLookup(client, { ...settings, settle })
  let wake: () => void = () => undefined
  let failure: Error | undefined
  let planning: Promise<void> | undefined
  let planAgain = false
  let versions = 0

  const of = (partition: TopicPartition) => readings.get(partitionName(partition))

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
    if (!buffer.makeRoom()) return
    const due = [...readings.values()].filter((reading) => isDue(reading, now))
    const { isBusy } = longPolls
    const { fetches, comparisons, lookups } = await planFetches(client, due, { resetPolicy, isBusy, settle })
    for (const [leader, questions] of comparisons) void lookup.compare(leader, questions).then(plan)
    for (const wanted of lookups) void lookup.locate(wanted, placeOf(wanted.start)).then(plan)
    // A long poll for those that are known would keep the others out until it ends.
    const locating = new Set([...readings.values()].map(({ locatedBy }) => locatedBy))
    for (const [broker, questions] of fetches) {
      if (isBusy(broker) || locating.has(broker)) continue
      void longPolls.ask(broker, questions).finally(() => {
        // With records waiting, the next fetch starts when they are taken: a long poll for the quiet partitions alone
        // would keep the busy ones out until it ends.
        if (!buffer.hasReady()) plan()
      })
    }
  }

  /** As leaders are asked for it: a last while is the time since a date. */
  const placeOf = (start: ResetTo) => (typeof start === 'object' ? Math.max(0, clock.now() - start.lastMs) : start)

  /** Does what is left to do after something became of a partition. */
  function settle(reading: Reading, consequence: Consequence) {
    if (consequence.warning !== undefined) client.logger.warn(consequence.warning)
    switch (consequence.type) {
      case 'goOn':
        return
      case 'keep':
        buffer.put(reading, consequence.fetched)
        return wake()
      case 'askLater':
        return backOff(reading)
      case 'findLeaderAndAskLater':
        reading.replica.clear()
        client.invalidate({ topic: reading.topic })
        return backOff(reading)
      case 'fail':
        failure = consequence.error
        backOff(reading)
        return wake()
    }
  }

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

  return {
    assign(partitions) {
      for (const wanted of partitions) {
        const before = of(wanted)
        if (before) {
          // An answer that is on its way to it is old, so that nothing is held for who is gone.
          before.version = versions++
          buffer.put(before, undefined)
        }
        const replica = createReadReplica(clock, settings.metadataMaxAgeMs)
        readings.set(partitionName(wanted), createReading(wanted, versions++, replica))
      }
      plan()
    },
    unassign(partitions) {
      for (const partition of partitions) {
        const reading = of(partition)
        if (!reading) continue
        reading.version = versions++
        buffer.put(reading, undefined)
        readings.delete(partitionName(partition))
      }
    },
    seek(partition, offset) {
      const reading = of(partition)
      if (!reading) throw new RangeError(`${partitionName(partition)} is not assigned`)
      buffer.put(reading, undefined)
      advance(reading, { type: 'sought', offset, version: versions++ }, resetPolicy)
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
    done: buffer.done,
    async poll(signal, timeoutMs = settings.maxWaitMs) {
      const deadline = clock.monotonic() + timeoutMs
      for (;;) {
        if (failure) {
          const error = failure
          failure = undefined
          throw error
        }
        const ready = buffer.takeReady()
        // The next fetch is on its way while the caller works on this one.
        plan()
        if (ready.length > 0 || signal.aborted || clock.monotonic() >= deadline) return ready
        await waitForData(deadline - clock.monotonic(), signal)
      }
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      wake()
      for (const reading of readings.values()) buffer.put(reading, undefined)
      buffer.done()
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
