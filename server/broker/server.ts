import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { BrokerLimits } from '#server/broker/broker-state.ts'
import { serveConnection } from '#server/broker/client-connection.ts'
import { createGroupCoordinator } from '#server/broker/groups/group-coordinator.ts'
import { offsetsTopic } from '#server/broker/groups/offset-store.ts'
import { createHandlers } from '#server/broker/handlers/all-handlers.ts'
import { createTailCache } from '#server/broker/log/tail-cache.ts'
import { openProducerIds } from '#server/broker/producer-ids.ts'
import { topicDefaultsOf } from '#server/broker/topics/topic-configs.ts'
import { openTopics } from '#server/broker/topics/topics.ts'
import { createTransactionCoordinator } from '#server/broker/transactions/transaction-coordinator.ts'
import type { Clock } from '#server/contract/clock.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'

/** A Kafka broker of one node on one folder. Closing it stops clients, then closes every log cleanly. */
export interface Broker extends AsyncDisposable {
  readonly port: number
  readonly clusterId: string
}

export interface BrokerOptions extends Partial<BrokerLimits> {
  /** Nobody else may use it meanwhile: who starts a broker holds the folder's lock. */
  directory: string
  host?: string
  /** 0 lets the system choose. */
  port: number
  /** Allows a host that other machines can reach; there is no authentication. */
  allowRemote?: boolean
  /**
   * What topics do not set themselves, under the broker's keys (`log.retention.ms`, `log.flush.interval.messages`); other
   * keys are left alone.
   */
  settings?: Readonly<Record<string, string>>
  clock: Clock
  logger: Logger
}

const nodeId = 1
const flushEveryMs = 1000
const maxQueuedBytes = 8 * 1024 * 1024

const defaultLimits: BrokerLimits = {
  autoCreateTopics: true,
  defaultPartitions: 1,
  maxRequestBytes: 100 * 1024 * 1024,
  maxConnections: 1000,
  maxFetchSessions: 1000,
  maxPartitions: 4000,
  initialRebalanceDelayMs: 0,
  minSessionTimeoutMs: 6000,
  maxSessionTimeoutMs: 1_800_000,
  maxOffsetMetadataBytes: 4096,
  offsetsRetentionMinutes: 10_080,
  offsetsRetentionCheckIntervalMs: 600_000,
  cleanerBackoffMs: 15_000,
  maxTransactionTimeoutMs: 900_000,
  transactionalIdExpirationMs: 604_800_000,
  tailCacheBytes: 32 * 1024 * 1024,
}

/** Throws ConnectError SETTING_INVALID for a host that is not loopback or a setting that cannot be, PORT_TAKEN. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { directory, host = '127.0.0.1', clock, logger } = options
  if (!options.allowRemote && !isLoopback(host)) {
    const message = `The embedded broker has no authentication and listens on loopback only; ${host} is not.`
    throw new ConnectError('SETTING_INVALID', message)
  }
  const limits: BrokerLimits = { ...defaultLimits, ...given(options) }
  const defaults = checkedDefaults(options.settings ?? {})
  mkdirSync(directory, { recursive: true })

  // The port comes first: a taken one must not cost the clean mark of the logs.
  const server = createServer()
  const port = await listen(server, host, options.port)
  const cache = createTailCache(limits.tailCacheBytes)
  const topics = openTopics({ directory, cache, clock, logger, maxPartitions: limits.maxPartitions, defaults })
  const groups = createGroupCoordinator({
    topics,
    clock,
    logger,
    initialRebalanceDelayMs: limits.initialRebalanceDelayMs,
    offsetsRetentionMs: limits.offsetsRetentionMinutes * 60_000,
    newMemberId: (prefix) => `${prefix}-${randomUUID()}`,
  })
  const producerIds = openProducerIds(join(directory, 'producer-ids'))
  const transactions = createTransactionCoordinator({
    topics,
    offsets: { topic: offsetsTopic, endTransaction: groups.offsets.endTransaction },
    newProducerId: producerIds.next,
    expirationMs: limits.transactionalIdExpirationMs,
    clock,
    logger,
  })
  const handlers = createHandlers({
    nodeId,
    directory,
    address: { host, port },
    topics,
    groups,
    transactions,
    producerIds,
    limits,
    clock,
    logger,
  })

  const sockets = new Set<Socket>()
  const serve = (socket: Socket) => {
    if (sockets.size >= limits.maxConnections) {
      logger.warn(`refused a connection: ${limits.maxConnections} are open already`)
      socket.destroy()
      return
    }
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    serveConnection(socket, { handlers, maxRequestBytes: limits.maxRequestBytes, maxQueuedBytes, logger })
  }
  server.on('connection', serve)

  const closing = new AbortController()
  const background = [
    every(limits.cleanerBackoffMs, 'cleaning up', async () => {
      transactions.expire()
      for (const _ of topics.maintain()) {
        // Requests come between the steps.
        await setImmediate()
        if (closing.signal.aborted) return
      }
    }),
    every(limits.offsetsRetentionCheckIntervalMs, 'forgetting old offsets', async () => groups.expireOffsets()),
    every(flushEveryMs, 'flushing', async () => topics.flushIfDue()),
  ]
  async function every(periodMs: number, what: string, action: () => Promise<void>) {
    for (;;) {
      await clock.sleep(periodMs, closing.signal)
      if (closing.signal.aborted) return
      try {
        await action()
      } catch (error) {
        logger.error(`${what} failed; it is tried again`, { error })
      }
    }
  }

  return {
    port,
    clusterId: topics.clusterId,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      closing.abort()
      groups.close()
      transactions.close()
      await Promise.all([closed, ...background])
      topics.close()
    },
  }
}

const isLoopback = (host: string) => host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host)

function checkedDefaults(settings: Readonly<Record<string, string>>): Record<string, string> {
  try {
    return topicDefaultsOf(settings)
  } catch (cause) {
    throw new ConnectError('SETTING_INVALID', messageOf(cause), { cause })
  }
}

/** The limits that were named; a key set to undefined keeps its default. */
const given = (options: Partial<BrokerLimits>): Partial<BrokerLimits> =>
  Object.fromEntries(
    Object.keys(defaultLimits).flatMap((key) => {
      const value = options[key as keyof BrokerLimits]
      return value === undefined ? [] : [[key, value]]
    }),
  )

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE'
      const why = taken ? `Port ${port} on ${host} is taken by another process.` : messageOf(cause)
      reject(new ConnectError(taken ? 'PORT_TAKEN' : 'SETTING_INVALID', why, { cause }))
    })
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}
