import type { Clock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

interface Connectable {
  connect(): Promise<void>
  disconnect(): Promise<void>
}

/** A client that is connected at its first use and kept. */
export interface KeptClient<Client> extends AsyncDisposable {
  use<Answer>(work: (client: Client) => Promise<Answer>): Promise<Answer>
}

interface Kept<Client> {
  client: Client
  connected: Promise<void>
  users: number
  discarded: boolean
}

const disconnectWithinMs = 5_000

/**
 * After a failure the next use begins with a new client: one of kafkajs may remember a deleted topic, a lost sequence or
 * a dead broker for ever. The old one is let go when its last user is done.
 */
export function createKeptClient<Client extends Connectable>(options: {
  create: () => Client
  asError: (error: unknown) => Error
  clock: Clock
  logger: Logger
  deadlineMs: number
}): KeptClient<Client> {
  const { clock, logger, deadlineMs, asError } = options
  const closings = new Set<Promise<void>>()
  let current: Kept<Client> | undefined
  let closed = false

  function connect(): Kept<Client> {
    const client = options.create()
    return { client, connected: client.connect(), users: 0, discarded: false }
  }

  function discard(kept: Kept<Client>) {
    kept.discarded = true
    if (current === kept) current = undefined
    if (kept.users === 0) close(kept)
  }

  function close({ client }: Kept<Client>) {
    const closing = within(clock, disconnectWithinMs, client.disconnect())
      .catch((error: unknown) => logger.debug(`A kafkajs client did not disconnect cleanly: ${messageOf(error)}`))
      .finally(() => closings.delete(closing))
    closings.add(closing)
  }

  return {
    async use(work) {
      if (closed) throw new KafkaError('NETWORK_EXCEPTION', 'the client is closed')
      current ??= connect()
      const kept = current
      kept.users++
      let failed = true
      try {
        const answer = await within(
          clock,
          deadlineMs,
          kept.connected.then(() => work(kept.client)),
        )
        failed = false
        return answer
      } catch (error) {
        throw asError(error)
      } finally {
        kept.users--
        if (failed || kept.discarded) discard(kept)
      }
    },
    async [Symbol.asyncDispose]() {
      closed = true
      if (current) discard(current)
      await Promise.all(closings)
    },
  }
}

/** Rejects with NETWORK_EXCEPTION when the work takes longer. */
async function within<Answer>(clock: Clock, ms: number, work: Promise<Answer>): Promise<Answer> {
  const done = new AbortController()
  const late = clock.sleep(ms, done.signal).then(() => {
    throw new KafkaError('NETWORK_EXCEPTION', `no answer within ${ms} ms`)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    done.abort()
    // The sleep that was cut short rejects too, and so may work that came too late: both have been answered for.
    late.catch(() => undefined)
    work.catch(() => undefined)
  }
}
