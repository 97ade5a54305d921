import type { TailEvent, TailFrame, TailQuery } from '#server/contract/topics.ts'
import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import { createAllowance } from '#server/topics/allowance.ts'
import { containing } from '#server/topics/contains.ts'
import { bytesOf, type RawRecord, sizeOf } from '#server/topics/raw-record.ts'
import type { Session } from '#server/topics/session.ts'
import { mostShownBytes } from '#server/topics/show-bytes.ts'
import { showRecord } from '#server/topics/show-record.ts'
import { sift } from '#server/topics/sift.ts'
import { createTailLedger } from '#server/topics/tail-ledger.ts'
import { tailStart } from '#server/topics/tail-start.ts'
import { watchTopic } from '#server/topics/watch-topic.ts'

/** What a browser can take in, and a person too. */
const recordsPerSecond = 2_000
const frameMs = 50
/** Of the records of one frame, about, as they are shown. */
const frameBytes = 1024 * 1024
/** I12: a frame reads no more than this, so no more is held at a time than one frame and what the fetcher has ahead. */
const frameReadBytes = 8 * 1024 * 1024
/** The first frame is the whole backlog, unless that takes too long. */
const backlogMs = 2_000
/** How long a fetch waits for records; it is answered as soon as there are some. */
const tailMaxWaitMs = 500
/** How soon a change of the topic is noticed while no record comes. */
const lookEveryMs = 500

/**
 * Follows a topic until the session ends. Records are fetched only as fast as frames are taken: a slow browser costs
 * records that are skipped and counted, never memory. Frames come only when something was read, after a first one that
 * tells the place. Rejects with KAFKA_UNAVAILABLE when Kafka stays away, TOPIC_NOT_FOUND when the topic goes.
 */
export async function* tailTopic(session: Session, query: TailQuery): AsyncGenerator<TailFrame, void, void> {
  const { client, signal } = session
  const { clock } = client
  const start = await tailStart(session, query)
  const fetcher = session.openFetcher(tailMaxWaitMs)
  const { topic, ends } = start
  const filter = containing(query.contains)
  const most = Math.max(recordsPerSecond, query.backlog)
  const allowance = createAllowance(clock.monotonic, { perSecond: recordsPerSecond, most })
  const ledger = createTailLedger<RawRecord>({
    before: query.from ?? { delivered: 0, filtered: 0, skipped: 0 },
    mostWaiting: most,
    sizeOf: shownSizeOf,
  })
  const watch = watchTopic(session, topic)
  let frameRead = 0

  /** All in one fetch: one that is assigned while the others are being waited for comes behind them. */
  function follow(places: ReadonlyMap<number, number>) {
    for (const [partition, offset] of places) ledger.follow(partition, offset)
    fetcher.assign([...places].map(([partition, offset]) => ({ topic: topic.name, partition, offset })))
  }

  function followNewPartitions() {
    if (query.partition !== undefined) return
    const all = Array.from({ length: watch.partitions }, (_, partition) => partition)
    const added = all.filter((partition) => !ledger.next.has(partition))
    if (added.length > 0) follow(new Map(added.map((partition) => [partition, 0])))
  }

  function take(fetched: readonly FetchedPartition[]) {
    for (const part of fetched) {
      frameRead += bytesOf(part)
      ledger.read(part.partition, part.nextOffset, sift(part, filter, most))
    }
  }

  function behind(): number {
    let records = 0
    for (const [partition, next] of ledger.next) {
      const end = Math.max(ends.get(partition) ?? 0, fetcher.highWatermark({ topic: topic.name, partition }) ?? 0)
      records += Math.max(0, end - next)
    }
    return records
  }

  function frame(): TailFrame {
    const { records, place } = ledger.frame({ records: allowance.available(), bytes: frameBytes })
    allowance.take(records.length)
    frameRead = 0
    const { delivered, filtered, skipped } = place
    const shown = records.map((record) => showRecord(record, query.format))
    const event: TailEvent = { records: shown, delivered, filtered, skipped, behind: behind() }
    return { event, place }
  }

  /** Reads on until the time, or as much as a frame may hold; says how much was read. */
  async function readUntil(deadline: number, enough: () => boolean) {
    while (!signal.aborted && frameRead < frameReadBytes && !enough() && clock.monotonic() < deadline) {
      take(await fetcher.poll(signal, deadline - clock.monotonic()))
    }
  }

  /** By the fetcher's position: it also moves past records that retention took meanwhile. */
  const backlogIsRead = () =>
    [...ledger.next].every(([partition, next]) => {
      const position = fetcher.position({ topic: topic.name, partition }) ?? next
      return position >= (ends.get(partition) ?? 0)
    })

  follow(start.next)
  await readUntil(clock.monotonic() + backlogMs, backlogIsRead)
  while (!signal.aborted) {
    const frameAt = clock.monotonic()
    yield frame()
    while (frameRead === 0 && !signal.aborted) {
      if (watch.failure) throw watch.failure
      followNewPartitions()
      take(await fetcher.poll(signal, lookEveryMs))
    }
    await readUntil(frameAt + frameMs, () => false)
    await clock.sleep(Math.max(0, frameAt + frameMs - clock.monotonic()), signal)
  }
}

/** Long keys and values are cut when they are shown. */
const shownSizeOf = (record: RawRecord) =>
  Math.min(record.key?.length ?? 0, mostShownBytes) +
  Math.min(record.value?.length ?? 0, mostShownBytes) +
  sizeOf({ ...record, key: null, value: null })
