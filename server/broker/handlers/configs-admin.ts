import type { BrokerState } from '#server/broker/broker-state.ts'
import { attempt, codeOf, errorAnswer, noError } from '#server/broker/error-answer.ts'
import type { Handlers } from '#server/broker/handlers/handler.ts'
import { topicOf } from '#server/broker/handlers/partitions.ts'
import { brokerConfigs } from '#server/broker/topics/broker-configs.ts'
import { describeTopicConfigs } from '#server/broker/topics/describe-configs.ts'
import { checkTopicConfig, topicConfigs } from '#server/broker/topics/topic-configs.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** Kafka: ConfigResource.Type and AlterConfigOp.OpType. */
const resource = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const
const operation = { set: 0, remove: 1, append: 2, subtract: 3 } as const

/** Reading and changing the settings of topics; those of the broker are read only. */
export function configsAdmin(broker: BrokerState) {
  const { topics, logger } = broker

  function described(type: number, name: string) {
    if (type === resource.topic) return describeTopicConfigs(topicOf(topics, { name }).configs, topics.defaults)
    if (type === resource.broker && (name === '' || Number(name) === broker.nodeId)) {
      return brokerConfigs(broker.limits, broker.nodeId, topics.defaults)
    }
    throw new KafkaError('INVALID_REQUEST', `no resource ${name} of type ${type} has settings here`)
  }

  function topicToChange(type: number, name: string) {
    if (type !== resource.topic) throw new KafkaError('INVALID_REQUEST', 'only the settings of topics can be changed')
    return topicOf(topics, { name })
  }

  function store(name: string, configs: Record<string, string>, validateOnly: boolean) {
    for (const [key, value] of Object.entries(configs)) checkTopicConfig(key, value)
    if (!validateOnly) topics.configure(name, configs)
  }

  function changeList(key: string, present: string, op: number, value: string): string {
    if (topicConfigs[key]?.type !== 'LIST') throw new KafkaError('INVALID_CONFIG', `${key} is not a list`)
    const parts = present.split(',').filter((part) => part !== '')
    const given = value.split(',').map((part) => part.trim())
    const changed =
      op === operation.append
        ? [...parts, ...given.filter((part) => !parts.includes(part))]
        : parts.filter((part) => !given.includes(part))
    return changed.join(',')
  }

  return {
    DescribeConfigs: ({ resources, includeSynonyms }, { version }) => ({
      results: resources.map(({ resourceType, resourceName, configurationKeys }) => {
        try {
          const wanted = described(resourceType, resourceName).filter(
            ({ name }) => configurationKeys === null || configurationKeys.includes(name),
          )
          const configs = wanted.map(({ synonyms, configType, ...entry }) => ({
            ...entry,
            synonyms: includeSynonyms ? synonyms : [],
            ...(version >= 3 && { configType }),
          }))
          return { resourceType, resourceName, ...noError, configs }
        } catch (error) {
          return { resourceType, resourceName, ...errorAnswer(error, logger), configs: [] }
        }
      }),
    }),

    ListConfigResources({ resourceTypes }, { version }) {
      const all: readonly number[] = Object.values(resource)
      // Version 0 asks for client metrics alone, of which there are none.
      const wanted = version === 0 ? [resource.clientMetrics] : resourceTypes.length > 0 ? resourceTypes : all
      if (wanted.some((type) => !all.includes(type))) return { errorCode: codeOf('UNSUPPORTED_VERSION') }
      const names = (type: number) => {
        if (type === resource.topic) return topics.all().map(({ name }) => name)
        return type === resource.broker || type === resource.brokerLogger ? [String(broker.nodeId)] : []
      }
      const configResources = wanted.flatMap((resourceType) =>
        names(resourceType).map((resourceName) => ({ resourceName, ...(version >= 1 && { resourceType }) })),
      )
      return { errorCode: 0, configResources }
    },

    /** Replaces all values of a topic, as the request is defined. */
    AlterConfigs: ({ resources, validateOnly }) => ({
      responses: resources.map(({ resourceType, resourceName, configs }) => ({
        resourceType,
        resourceName,
        ...attempt(logger, () => {
          topicToChange(resourceType, resourceName)
          const own: Record<string, string> = Object.create(null)
          for (const { name, value } of configs) if (value !== null) own[name] = value
          store(resourceName, own, validateOnly)
        }),
      })),
    }),

    IncrementalAlterConfigs: ({ resources, validateOnly }) => ({
      responses: resources.map(({ resourceType, resourceName, configs }) => ({
        resourceType,
        resourceName,
        ...attempt(logger, () => {
          const topic = topicToChange(resourceType, resourceName)
          const own: Record<string, string> = Object.assign(Object.create(null), topic.configs)
          for (const { name, configOperation, value } of configs) {
            if (configOperation === operation.remove) delete own[name]
            else if (value === null) throw new KafkaError('INVALID_REQUEST', `Null value not supported for ${name}`)
            else if (configOperation === operation.set) own[name] = value
            else own[name] = changeList(name, own[name] ?? topicConfigs[name]?.default ?? '', configOperation, value)
          }
          store(resourceName, own, validateOnly)
        }),
      })),
    }),
  } satisfies Handlers
}
