import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { LogConfig } from '#server/broker/log/log-config.ts'
import { openPartitionLog, type PartitionLog } from '#server/broker/log/partition-log.ts'
import type { TailCache } from '#server/broker/log/tail-cache.ts'
import { writeFileDurably } from '#server/broker/log/write-file-durably.ts'
import { checkTopicConfig, logConfigOf } from '#server/broker/topics/topic-configs.ts'
import { checkTopicName, collides } from '#server/broker/topics/topic-name.ts'
import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

export interface Topic {
  readonly name: string
  /** Kafka's text form of a uuid. */
  readonly id: string
  readonly internal: boolean
  /** The topic's own values, without defaults. */
  readonly configs: Readonly<Record<string, string>>
  readonly logConfig: LogConfig
  readonly partitions: readonly PartitionLog[]
}

export interface NewTopic {
  name: string
  partitions: number
  configs: Readonly<Record<string, string>>
}

/** The topics of the broker: which there are is one file that is replaced as a whole, what is in them is in their logs. */
export interface Topics {
  readonly clusterId: string
  /** Values of the broker for what a topic does not set itself. */
  readonly defaults: Readonly<Record<string, string>>
  all(): Topic[]
  byName(name: string): Topic | undefined
  byId(id: string): Topic | undefined
  /** Throws KafkaError when the topic cannot be made. */
  validate(topic: NewTopic): void
  create(topic: NewTopic): Topic
  remove(name: string): void
  /** Throws INVALID_PARTITIONS when that would not be an increase. */
  checkGrowth(topic: Topic, partitions: number): void
  grow(name: string, partitions: number): void
  configure(name: string, configs: Readonly<Record<string, string>>): void
  /** Runs after a topic was removed. */
  onRemoved(listener: (topic: Topic) => void): void
  /** Rolls, deletes and compacts where it is due, a step with every value that is taken; who closes stops first. */
  maintain(): Generator<void, void, void>
  /** Forces to the disk what `flush.ms` does not let wait any longer. */
  flushIfDue(): void
  close(): void
}

export interface TopicsOptions {
  directory: string
  cache: TailCache
  clock: Clock
  logger: Logger
  /** Partitions of all topics together (I12). */
  maxPartitions: number
  /** By topic key; Kafka's defaults stand behind them. */
  defaults: Readonly<Record<string, string>>
}

interface StoredTopic {
  id: string
  partitions: number
  configs: Record<string, string>
}

interface Stored {
  clusterId: string
  topics: Record<string, StoredTopic>
}

const internalTopics = new Set(['__consumer_offsets', '__transaction_state'])
const uuid = () => randomBytes(16).toString('base64url')

export function openTopics(options: TopicsOptions): Topics {
  const { directory, logger } = options
  mkdirSync(join(directory, 'logs'), { recursive: true })
  const file = join(directory, 'topics.json')
  const cleanFile = join(directory, 'clean-shutdown')
  const stored = readStored(file)
  const clean = removeIfThere(cleanFile)
  const byName = new Map<string, Topic>()
  const byId = new Map<string, Topic>()
  const removedListeners: ((topic: Topic) => void)[] = []

  const logFolder = (name: string, partition: number) => join(directory, 'logs', `${name}-${partition}`)
  const save = () => writeFileDurably(file, JSON.stringify(stored, null, 1))

  function openLog(name: string, partition: number, config: LogConfig): PartitionLog {
    const { cache, clock } = options
    return openPartitionLog({ directory: logFolder(name, partition), config, clean, cache, clock, logger })
  }

  function show(name: string, { id, configs }: StoredTopic, partitions: readonly PartitionLog[]): Topic {
    const internal = internalTopics.has(name)
    const topic = {
      name,
      id,
      internal,
      configs,
      logConfig: logConfigOf({ ...options.defaults, ...configs }),
      partitions,
    }
    byName.set(name, topic)
    byId.set(id, topic)
    return topic
  }

  function removeStrangers() {
    const known = new Set(
      Object.entries(stored.topics).flatMap(([name, { partitions }]) =>
        Array.from({ length: partitions }, (_, partition) => `${name}-${partition}`),
      ),
    )
    for (const name of readdirSync(join(directory, 'logs'))) {
      // What a creation or a deletion left behind when it was interrupted.
      if (!known.has(name)) rmSync(join(directory, 'logs', name), { recursive: true, force: true })
    }
  }

  if (stored.clusterId === '') {
    stored.clusterId = uuid()
    save()
  }
  removeStrangers()
  for (const [name, topic] of Object.entries(stored.topics)) {
    const config = logConfigOf({ ...options.defaults, ...topic.configs })
    show(
      name,
      topic,
      Array.from({ length: topic.partitions }, (_, partition) => openLog(name, partition, config)),
    )
  }

  function existing(name: string): { topic: Topic; entry: StoredTopic } {
    const topic = byName.get(name)
    const entry = stored.topics[name]
    if (!topic || !entry) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    return { topic, entry }
  }

  const partitionCount = () => [...byName.values()].reduce((sum, { partitions }) => sum + partitions.length, 0)

  function checkRoom(more: number) {
    if (partitionCount() + more > options.maxPartitions) {
      throw new KafkaError('POLICY_VIOLATION', `the broker holds at most ${options.maxPartitions} partitions`)
    }
  }

  const topics: Topics = {
    clusterId: stored.clusterId,
    defaults: options.defaults,
    all: () => [...byName.values()],
    byName: (name) => byName.get(name),
    byId: (id) => byId.get(id),
    validate({ name, partitions, configs }) {
      checkTopicName(name)
      if (byName.has(name)) throw new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`)
      const other = topics.all().find((topic) => collides(topic.name, name))
      if (other)
        throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Topic '${name}' collides with existing topic: ${other.name}`)
      if (!(partitions > 0)) {
        throw new KafkaError('INVALID_PARTITIONS', 'Number of partitions was set to an invalid non-positive value.')
      }
      checkRoom(partitions)
      for (const [key, value] of Object.entries(configs)) checkTopicConfig(key, value)
    },
    create(topic) {
      topics.validate(topic)
      const { name, partitions, configs } = topic
      const entry = { id: uuid(), partitions, configs: ownCopy(configs) }
      const config = logConfigOf({ ...options.defaults, ...entry.configs })
      const logs = Array.from({ length: partitions }, (_, partition) => openLog(name, partition, config))
      stored.topics[name] = entry
      save()
      return show(name, entry, logs)
    },
    remove(name) {
      const { topic } = existing(name)
      delete stored.topics[name]
      save()
      byName.delete(name)
      byId.delete(topic.id)
      for (const [partition, log] of topic.partitions.entries()) {
        log.abandon()
        const gone = join(directory, 'logs', `${topic.id}-${partition}.delete`)
        renameSync(logFolder(name, partition), gone)
        rmSync(gone, { recursive: true, force: true })
      }
      for (const listener of removedListeners) listener(topic)
    },
    checkGrowth(topic, partitions) {
      const { name, partitions: present } = topic
      if (partitions === present.length) {
        throw new KafkaError('INVALID_PARTITIONS', `Topic already has ${partitions} partition(s).`)
      }
      if (partitions < present.length) {
        const detail = `The topic ${name} currently has ${present.length} partition(s); ${partitions} would not be an increase.`
        throw new KafkaError('INVALID_PARTITIONS', detail)
      }
      checkRoom(partitions - present.length)
    },
    grow(name, partitions) {
      const { topic, entry } = existing(name)
      topics.checkGrowth(topic, partitions)
      const more = partitions - topic.partitions.length
      const added = Array.from({ length: more }, (_, at) =>
        openLog(name, topic.partitions.length + at, topic.logConfig),
      )
      entry.partitions = partitions
      save()
      show(name, entry, [...topic.partitions, ...added])
    },
    configure(name, configs) {
      const { topic, entry } = existing(name)
      for (const [key, value] of Object.entries(configs)) checkTopicConfig(key, value)
      entry.configs = ownCopy(configs)
      save()
      const { logConfig } = show(name, entry, topic.partitions)
      for (const log of topic.partitions) log.configure(logConfig)
    },
    onRemoved: (listener) => void removedListeners.push(listener),
    *maintain() {
      for (const { name, partitions } of [...byName.values()]) {
        for (const log of partitions) {
          // The topic may have been removed between two steps.
          for (const step of log.maintain()) {
            if (byName.get(name)?.partitions.includes(log) !== true) break
            yield step
          }
        }
      }
    },
    flushIfDue() {
      for (const { partitions } of byName.values()) for (const log of partitions) log.flushIfDue()
    },
    close() {
      for (const { partitions } of byName.values()) for (const log of partitions) log.close()
      // Last of all: it says that every log was closed.
      writeFileDurably(cleanFile, '')
    },
  }
  return topics
}

/** S-22: names and keys come from outside. */
const ownCopy = <V>(record: Readonly<Record<string, V>>): Record<string, V> =>
  Object.assign(Object.create(null), record)

function readStored(file: string): Stored {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { clusterId: '', topics: Object.create(null) }
    throw error
  }
  const { clusterId, topics } = JSON.parse(text) as Stored
  const entries = Object.entries(topics).map(
    ([name, topic]) => [name, { ...topic, configs: ownCopy(topic.configs) }] as const,
  )
  return { clusterId, topics: ownCopy(Object.fromEntries(entries)) }
}

/** Whether the last process closed its logs; the mark counts once. */
function removeIfThere(file: string): boolean {
  try {
    rmSync(file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
