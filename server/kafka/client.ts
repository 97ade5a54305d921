import type { Clock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import { backOffMs, withRetries } from '#server/kafka/back-off.ts'
import { type Address, canonicalAddresses, parseServer } from '#server/kafka/bootstrap.ts'
import { type ClientSettings, connectionSettings } from '#server/kafka/client-settings.ts'
import { type CallOptions, type Connection, openConnection } from '#server/kafka/connection.ts'
import { createConnectionSet } from '#server/kafka/connection-set.ts'
import { type BrokerAddress, createClusterMap, type TopicMetadata } from '#server/kafka/metadata.ts'
import { createReconnectBackOff } from '#server/kafka/reconnect-back-off.ts'
import type { ApiName, RequestOf, ResponseOf, Writable } from '#server/protocol/codec.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** Where a request goes. */
export type Destination =
  | 'any'
  | 'controller'
  | { broker: number }
  | { coordinator: 'group' | 'transaction'; key: string }
  | { leaderOf: { topic: string; partition: number } }

export interface SendOptions extends CallOptions {
  /**
   * The name of a connection of its own. Kafka answers one request per connection at a time, so a request that can wait
   * (JoinGroup, SyncGroup, long-poll Fetch) never shares one.
   */
  dedicated?: string
}

/** Connections, metadata and coordinators of one cluster, shared by everything on one thread with the same settings. */
export interface KafkaClient extends AsyncDisposable {
  /** One attempt. Rejects with KafkaError; NETWORK_EXCEPTION when the connection failed or ended. */
  call<A extends ApiName>(
    api: A,
    request: Writable<RequestOf<A>>,
    to: Destination,
    options?: SendOptions,
  ): Promise<ResponseOf<A>>
  /** The connection a call with the same arguments would use, for its versions and features. */
  connection(to: Destination, dedicated?: string): Promise<Connection>
  /** Closes a connection of its own, so that a request waiting on it ends. */
  closeDedicated(name: string): void
  /** Fresh metadata of these topics, or of all. Topics that do not exist are left out unless `create` is set. */
  metadata(topics?: readonly string[], options?: { create?: boolean }): Promise<TopicMetadata[]>
  /** What is known without asking; undefined when the topic was never asked for, or is gone. */
  knownTopic(name: string): TopicMetadata | undefined
  knownTopicById(id: string): TopicMetadata | undefined
  /**
   * Known metadata, else fresh; waits until some partition has a leader. Rejects with UNKNOWN_TOPIC_OR_PARTITION after
   * `withinMs`.
   */
  topic(name: string, options?: { create?: boolean; withinMs?: number; signal?: AbortSignal }): Promise<TopicMetadata>
  partitionCount(topic: string): Promise<number>
  /** Waits for this one partition's leader, up to `withinMs`; 0 asks once. */
  leader(topic: string, partition: number, options?: { withinMs?: number }): Promise<BrokerAddress>
  clusterId(): Promise<string>
  /** Forgets a topic (wrong leader, unknown id), or a controller or coordinator that is none any more. */
  invalidate(what: 'controller' | { topic: string } | { coordinator: 'group' | 'transaction'; key: string }): void
  readonly connected: boolean
  /** How long to wait, after so many failures, before something is tried again (`retry.backoff.ms`), in milliseconds. */
  retryDelayMs(failures: number): number
  /** Is told of what failed and is tried again, after so many failures in a row; `what` begins a sentence that says so. */
  retrying(what: string, why: Error, failures: number): void
  /** How long what takes several requests or tries may take in all (`default.api.timeout.ms`). */
  readonly apiTimeoutMs: number
  readonly clock: Clock
  readonly logger: Logger
  readonly clientId: string
}

/** Somebody asks a client that was closed: nothing is worth another try. */
export class ClientClosedError extends Error {
  override readonly name = 'ClientClosedError'

  constructor() {
    super('the client is closed')
  }
}

export interface KafkaClientOptions extends Partial<Omit<ClientSettings, 'bootstrapServers'>> {
  bootstrapServers: readonly string[]
  clientId: string
  clock: Clock
  logger: Logger
}

const defaults = { security: {}, ...connectionSettings({}) }
const maxFrameBytes = 256 * 1024 * 1024

export function createKafkaClient(options: KafkaClientOptions): KafkaClient {
  const { clock, logger, clientId } = options
  const settings = { ...defaults, ...options }
  const bootstrap = options.bootstrapServers.map(parseServer)
  const attempts = createReconnectBackOff(clock, settings.reconnectBackOff, settings.connectTimeout)
  const map = createClusterMap()
  const connections = createConnectionSet({ clock, maxIdleMs: settings.maxIdleMs, open })
  const coordinators = new Map<string, number>()
  /** Brokers that could not be reached where the cluster was last said to have them. */
  const doubted = new Set<number>()
  /** When metadata of a topic were last asked for. */
  const takenAt = new Map<string, number>()
  /** Since when nobody has answered about the cluster, though somebody was asked. */
  let unansweredSince: number | undefined
  let closed = false

  function open(address: Address, signal: AbortSignal): Promise<Connection> {
    const { requestTimeoutMs, security } = settings
    const common = { ...address, clientId, clock, requestTimeoutMs, security, maxFrameBytes, signal }
    return attempts.run(address, (connectTimeoutMs) => openConnection({ ...common, connectTimeoutMs }), signal)
  }

  async function connectionFor(key: string, address: () => Promise<Address>): Promise<Connection> {
    ensureOpen()
    return connections.get(key, address)
  }

  /** Not a KafkaError: whatever is tried again while Kafka is away ends with the client. */
  function ensureOpen(): void {
    if (closed) throw new ClientClosedError()
  }

  async function anyConnection(dedicated?: string): Promise<Connection> {
    ensureOpen()
    const known = map.brokers().map(({ id, host, port }) => ({ host, port, key: `${id}` }))
    // KIP-899: what the cluster was reached with first may be right when all that it named is gone.
    const named = known.length > 0 && settings.rebootstrapAfterMs === undefined ? [] : await bootstrapAddresses()
    const candidates = [
      ...attempts.readyFirst(known),
      ...attempts.readyFirst(named.map((address) => ({ ...address, key: `${address.host}:${address.port}` }))),
    ]
    let last: unknown
    for (const { host, port, key } of candidates) {
      try {
        return await connectionFor(keyOf(key, dedicated), async () => ({ host, port }))
      } catch (error) {
        // Wrong credentials are wrong everywhere, and asking on would lock an account.
        if (!(error instanceof KafkaError && error.retriable)) throw error
        last = error
      }
    }
    const servers = options.bootstrapServers.join(', ')
    const why = last instanceof Error ? `: ${last.message}` : ''
    throw new KafkaError('NETWORK_EXCEPTION', `none of bootstrap.servers (${servers}) can be reached${why}`, {
      cause: last,
    })
  }

  const bootstrapAddresses = () => (settings.canonicalBootstrap ? canonicalAddresses(bootstrap) : bootstrap)

  async function brokerConnection(id: number, dedicated?: string): Promise<Connection> {
    if (!map.broker(id) || doubted.has(id)) await refresh([])
    try {
      return await connectionFor(keyOf(`${id}`, dedicated), async () => {
        const address = map.broker(id)
        if (!address) throw new KafkaError('BROKER_NOT_AVAILABLE', `broker ${id} is not in the cluster's metadata`)
        return address
      })
    } catch (error) {
      doubted.add(id)
      throw error
    }
  }

  async function refresh(topics: readonly string[] | null, create = false): Promise<Map<string, KafkaError>> {
    const { rebootstrapAfterMs } = settings
    unansweredSince ??= clock.monotonic()
    if (rebootstrapAfterMs !== undefined && clock.monotonic() - unansweredSince > rebootstrapAfterMs) rebootstrap()
    let answer = await askAbout(topics, create)
    if (answer.errorCode !== 0 && KafkaError.of(answer.errorCode).errorName === 'REBOOTSTRAP_REQUIRED') {
      if (rebootstrapAfterMs !== undefined) rebootstrap()
      answer = await askAbout(topics, create)
    }
    if (answer.errorCode !== 0) {
      const cause = KafkaError.of(answer.errorCode)
      throw new KafkaError('NETWORK_EXCEPTION', `nobody answers about the cluster: ${cause.message}`, { cause })
    }
    unansweredSince = undefined
    doubted.clear()
    if (topics === null) {
      const listed = new Set(answer.topics.map(({ name }) => name))
      for (const name of map.topicNames()) if (!listed.has(name)) map.forget(name)
    }
    for (const { name } of answer.topics) if (name !== null) takenAt.set(name, clock.monotonic())
    return map.update(answer)
  }

  async function askAbout(topics: readonly string[] | null, create: boolean) {
    const connection = await anyConnection()
    return await connection.call('Metadata', {
      topics: topics === null ? null : topics.map((name) => ({ name })),
      allowAutoTopicCreation: create,
    })
  }

  /** KIP-1102: brokers that answer, but not about the cluster, may be none of it any more. */
  function rebootstrap() {
    logger.info(`Rebootstrapping with ${options.bootstrapServers.join(', ')}`)
    unansweredSince = clock.monotonic()
    map.forgetBrokers()
    coordinators.clear()
    connections.close(() => true)
  }

  async function coordinatorOf(kind: 'group' | 'transaction', key: string): Promise<number> {
    const id = `${kind}:${key}`
    const known = coordinators.get(id)
    if (known !== undefined) return known
    const keyType = kind === 'group' ? 0 : 1
    const connection = await anyConnection()
    const several = (connection.version('FindCoordinator') ?? 0) >= 4
    const answer = await connection.call(
      'FindCoordinator',
      several ? { coordinatorKeys: [key], keyType } : { key, keyType },
    )
    const found = several ? answer.coordinators[0] : answer
    if (!found) throw new KafkaError('COORDINATOR_NOT_AVAILABLE', key)
    if (found.errorCode !== 0) throw KafkaError.of(found.errorCode, found.errorMessage)
    map.place({ id: found.nodeId, host: found.host, port: found.port })
    doubted.delete(found.nodeId)
    coordinators.set(id, found.nodeId)
    return found.nodeId
  }

  async function connectionTo(to: Destination, dedicated?: string): Promise<Connection> {
    try {
      return await findConnection(to, dedicated)
    } catch (error) {
      doubt(to)
      throw error
    }
  }

  async function findConnection(to: Destination, dedicated?: string): Promise<Connection> {
    if (to === 'any') return anyConnection(dedicated)
    if (to === 'controller') {
      if (map.controllerId < 0) await refresh([])
      return map.controllerId < 0 ? anyConnection(dedicated) : brokerConnection(map.controllerId, dedicated)
    }
    if ('broker' in to) return brokerConnection(to.broker, dedicated)
    if ('coordinator' in to) {
      const id = await coordinatorOf(to.coordinator, to.key)
      // A heartbeat must not wait behind records that wait for replicas (Kafka: `coordinator.id()` of its own).
      return brokerConnection(id, dedicated ?? (to.coordinator === 'group' ? 'coordinator' : undefined))
    }
    return brokerConnection((await client.leader(to.leaderOf.topic, to.leaderOf.partition)).id, dedicated)
  }

  /** Who could not be reached may have been replaced: it is asked again who it is. */
  function doubt(to: Destination) {
    if (to === 'any' || (to !== 'controller' && 'broker' in to)) return
    client.invalidate(to !== 'controller' && 'leaderOf' in to ? to.leaderOf : to)
  }

  /** What is known, asked for again when it is old (`metadata.max.age.ms`); while nobody answers the old is good enough. */
  async function fresh(known: TopicMetadata): Promise<TopicMetadata> {
    if (clock.monotonic() - (takenAt.get(known.name) ?? 0) < settings.metadataMaxAgeMs) return known
    try {
      await refresh([known.name])
    } catch (error) {
      logger.debug(`Metadata of ${known.name} stay as they were: ${messageOf(error)}`)
    }
    return map.topic(known.name) ?? known
  }

  async function topicWithLeader(topic: string, partition: number, withinMs: number): Promise<TopicMetadata> {
    return withRetries(clock, { withinMs, delayMs: retryDelayMs }, async () => {
      const error = (await refresh([topic])).get(topic)
      if (error) throw error
      const found = map.topic(topic)
      if (!found?.partitions[partition]) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `${topic}-${partition}`)
      if (found.partitions[partition].leader < 0) throw new KafkaError('LEADER_NOT_AVAILABLE', `${topic}-${partition}`)
      return found
    })
  }

  function retryDelayMs(failures: number): number {
    const { firstMs, mostMs } = settings.retryBackOff
    return backOffMs(failures, clock.random(), firstMs, mostMs)
  }

  const client: KafkaClient = {
    retryDelayMs,
    retrying: (what, why) => logger.debug(`${what} fails and is tried again: ${messageOf(why)}`),
    apiTimeoutMs: settings.apiTimeoutMs,
    clock,
    logger,
    clientId,
    get connected() {
      return connections.size > 0
    },
    connection: connectionTo,
    async call(api, request, to, { dedicated, ...rest } = {}) {
      const connection = await connectionTo(to, dedicated)
      try {
        return await connection.call(api, request, rest)
      } catch (error) {
        if (connection.closed) doubt(to)
        throw error
      }
    },
    closeDedicated(name) {
      connections.close((key) => key.endsWith(`#${name}`))
    },
    async metadata(topics, { create = false } = {}) {
      const errors = await refresh(topics ?? null, create)
      for (const error of errors.values()) {
        if (error.errorName !== 'UNKNOWN_TOPIC_OR_PARTITION' && !error.retriable) throw error
      }
      const names = topics ?? map.topicNames()
      return names.flatMap((name) => map.topic(name) ?? [])
    },
    knownTopic: (name) => map.topic(name),
    knownTopicById: (id) => {
      const name = map.topicName(id)
      return name === undefined ? undefined : map.topic(name)
    },
    async topic(name, { create = false, withinMs = settings.apiTimeoutMs, signal } = {}) {
      const known = map.topic(name)
      if (known?.partitions.some((partition) => partition.leader >= 0)) return fresh(known)
      return withRetries(clock, { withinMs, signal, delayMs: retryDelayMs }, async () => {
        const error = (await refresh([name], create)).get(name)
        if (error) throw error
        const topic = map.topic(name)
        if (!topic || topic.partitions.length === 0) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', name)
        if (topic.partitions.every((partition) => partition.leader < 0))
          throw new KafkaError('LEADER_NOT_AVAILABLE', name)
        return topic
      })
    },
    partitionCount: async (topic) => (await client.topic(topic)).partitions.length,
    async leader(topic, partition, { withinMs = settings.apiTimeoutMs } = {}) {
      // A neighbour without a leader holds nobody up.
      const known = map.topic(topic)
      const knownLeader = known?.partitions[partition]?.leader ?? -1
      const { partitions } =
        known && knownLeader >= 0 ? await fresh(known) : await topicWithLeader(topic, partition, withinMs)
      const leader = partitions[partition]?.leader
      if (leader === undefined) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `${topic}-${partition}`)
      const address = leader < 0 ? undefined : map.broker(leader)
      if (!address) throw new KafkaError('LEADER_NOT_AVAILABLE', `${topic}-${partition}`)
      return address
    },
    async clusterId() {
      if (map.clusterId === null) await refresh([])
      return map.clusterId ?? ''
    },
    invalidate(what) {
      if (what === 'controller') map.controllerId = -1
      else if ('topic' in what) {
        map.forget(what.topic)
        takenAt.delete(what.topic)
      } else coordinators.delete(`${what.coordinator}:${what.key}`)
    },
    async [Symbol.asyncDispose]() {
      closed = true
      connections.close(() => true)
    },
  }

  return client
}

const keyOf = (broker: string, dedicated?: string) => (dedicated === undefined ? broker : `${broker}#${dedicated}`)
