import type { ResponseOf } from '#server/protocol/codec.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

export interface PartitionMetadata {
  partition: number
  /** Broker id; -1 while there is none. */
  leader: number
  leaderEpoch: number
  replicas: number[]
  inSyncReplicas: number[]
}

export interface TopicMetadata {
  name: string
  id: string
  internal: boolean
  partitions: PartitionMetadata[]
}

export interface BrokerAddress {
  id: number
  host: string
  port: number
}

/** What the client knows of the cluster; replaced piece by piece with each Metadata answer. */
export interface ClusterMap {
  brokers(): BrokerAddress[]
  broker(id: number): BrokerAddress | undefined
  clusterId: string | null
  controllerId: number
  topic(name: string): TopicMetadata | undefined
  topicName(id: string): string | undefined
  topicNames(): string[]
  /** Takes an answer in; returns the error of each topic that has one. */
  update(answer: ResponseOf<'Metadata'>): Map<string, KafkaError>
  forget(topic: string): void
  /** Where a broker is, as somebody who has to know says. */
  place(broker: BrokerAddress): void
  /** Topics stay known: an answer of whoever is asked next replaces what it knows better. */
  forgetBrokers(): void
}

export function createClusterMap(): ClusterMap {
  const brokers = new Map<number, BrokerAddress>()
  const topics = new Map<string, TopicMetadata>()
  const names = new Map<string, string>()

  function take(topic: ResponseOf<'Metadata'>['topics'][number], name: string) {
    const partitions = topic.partitions
      .map((p) => ({
        partition: p.partitionIndex,
        leader: p.leaderId,
        leaderEpoch: p.leaderEpoch,
        replicas: p.replicaNodes,
        inSyncReplicas: p.isrNodes,
      }))
      .sort((a, b) => a.partition - b.partition)
    const before = topics.get(name)
    if (before && before.id !== topic.topicId) names.delete(before.id)
    topics.set(name, { name, id: topic.topicId, internal: topic.isInternal, partitions })
    names.set(topic.topicId, name)
  }

  const map: ClusterMap = {
    clusterId: null,
    controllerId: -1,
    brokers: () => [...brokers.values()],
    broker: (id) => brokers.get(id),
    topic: (name) => topics.get(name),
    topicName: (id) => names.get(id),
    topicNames: () => [...topics.keys()],
    update(answer) {
      const errors = new Map<string, KafkaError>()
      brokers.clear()
      for (const { nodeId, host, port } of answer.brokers) brokers.set(nodeId, { id: nodeId, host, port })
      map.clusterId = answer.clusterId
      map.controllerId = answer.controllerId
      for (const topic of answer.topics) {
        const name = topic.name ?? names.get(topic.topicId) ?? ''
        if (topic.errorCode === 0) take(topic, name)
        else {
          errors.set(name, KafkaError.of(topic.errorCode, name))
          // A deleted topic must not be produced to by its old id.
          if (topic.errorCode === 3) map.forget(name)
        }
      }
      return errors
    },
    forget(name) {
      const topic = topics.get(name)
      if (topic) names.delete(topic.id)
      topics.delete(name)
    },
    place: (broker) => void brokers.set(broker.id, broker),
    forgetBrokers() {
      brokers.clear()
      map.controllerId = -1
    },
  }
  return map
}
