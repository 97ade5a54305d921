import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'
import { createKafkaClient, type KafkaClient } from '#server/kafka/client.ts'
import { createFetcher, type Fetcher } from '#server/kafka/fetcher.ts'
import { createEndingClock } from '#server/topics/ending-clock.ts'
import type { KafkaSettings } from '#server/topics/kafka-settings.ts'

/** Connections of one reader alone, so that ending it ends whatever it waits for and disturbs nobody else. */
export interface Session extends AsyncDisposable {
  readonly client: KafkaClient
  readonly fetcher: Fetcher
  /** Aborts when the session ends, from inside or outside. */
  readonly signal: AbortSignal
}

export interface SessionOptions {
  settings: KafkaSettings
  clock: Clock
  logger: Logger
  /** How long a fetch waits at the end of the log. */
  maxWaitMs: number
}

/** Bounds of every client of the console: a person waits for the answer. */
export const clientTimeouts = { connectTimeoutMs: 5_000, requestTimeoutMs: 10_000 }

const mebibyte = 1024 * 1024

/** Opens no connection yet. The session ends when it is disposed of or the signal aborts, whichever is first. */
export function openSession({ settings, clock, logger, maxWaitMs }: SessionOptions, signal: AbortSignal): Session {
  const ended = new AbortController()
  const client = createKafkaClient({
    ...settings,
    ...clientTimeouts,
    clock: createEndingClock(clock, ended.signal),
    logger,
  })
  const fetcher = createFetcher(client, {
    isolation: 'read_committed',
    resetPolicy: 'earliest',
    maxWaitMs,
    partitionMaxBytes: mebibyte,
    maxBytes: 8 * mebibyte,
  })
  let closing: Promise<void> | undefined
  async function close() {
    signal.removeEventListener('abort', onAbort)
    ended.abort()
    // The client first: its end is what the fetcher's last requests wait for.
    await client[Symbol.asyncDispose]()
    await fetcher[Symbol.asyncDispose]()
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
  return { client, fetcher, signal: ended.signal, [Symbol.asyncDispose]: closeOnce }
}
