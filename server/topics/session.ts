import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'
import { createKafkaClient, type KafkaClient } from '#server/kafka/client.ts'
import { createFetcher, type Fetcher } from '#server/kafka/fetcher.ts'
import { createEndingClock } from '#server/topics/ending-clock.ts'
import type { KafkaSettings } from '#server/topics/kafka-settings.ts'

/** What reads stretches of a log. */
export interface LogReader {
  readonly client: KafkaClient
  readonly fetcher: Fetcher
  readonly signal: AbortSignal
}

/** Connections of one reader alone, so that ending it ends whatever it waits for and disturbs nobody else. */
export interface Session extends AsyncDisposable {
  readonly client: KafkaClient
  /** Aborts when the session ends, from inside or outside. */
  readonly signal: AbortSignal
  /** Reads committed records; `maxWaitMs` is how long a fetch waits at the end of the log. Closed with the session. */
  openFetcher(maxWaitMs: number): Fetcher
}

export interface SessionOptions {
  settings: KafkaSettings
  clock: Clock
  logger: Logger
}

/** Bounds of every client of the console: a person waits for the answer. */
export const clientTimeouts = {
  connectTimeout: { firstMs: 5_000, mostMs: 5_000 },
  requestTimeoutMs: 10_000,
  apiTimeoutMs: 30_000,
}

/** A page is read to its end and no further: a fetch that waits there only delays the next window. */
export const pageMaxWaitMs = 20

const mebibyte = 1024 * 1024

/** Opens no connection yet. The session ends when it is disposed of or the signal aborts, whichever is first. */
export function openSession({ settings, clock, logger }: SessionOptions, signal: AbortSignal): Session {
  const ended = new AbortController()
  const fetchers: Fetcher[] = []
  const client = createKafkaClient({
    ...settings,
    ...clientTimeouts,
    clock: createEndingClock(clock, ended.signal),
    logger,
  })
  let closing: Promise<void> | undefined
  async function close() {
    signal.removeEventListener('abort', onAbort)
    const closed = fetchers.map((fetcher) => fetcher[Symbol.asyncDispose]())
    // What the fetchers still wait for ends with the clock and the client.
    ended.abort()
    await client[Symbol.asyncDispose]()
    await Promise.all(closed)
  }
  const closeOnce = () => {
    closing ??= close()
    return closing
  }
  function onAbort() {
    void closeOnce()
  }
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort)
  return {
    client,
    signal: ended.signal,
    openFetcher(maxWaitMs) {
      const fetcher = createFetcher(client, {
        isolation: 'read_committed',
        resetPolicy: 'earliest',
        maxWaitMs,
        partitionMaxBytes: mebibyte,
        maxBytes: 8 * mebibyte,
      })
      fetchers.push(fetcher)
      return fetcher
    },
    [Symbol.asyncDispose]: closeOnce,
  }
}
