import { topicConfigs } from '#server/broker/topics/topic-configs.ts'

/** Where a value comes from (Kafka: ConfigSource). */
export const configSource = { topic: 1, staticBroker: 4, default: 5 } as const
/** Kafka: ConfigEntry.ConfigType. */
export const configTypes = { BOOLEAN: 1, STRING: 2, INT: 3, SHORT: 4, LONG: 5, DOUBLE: 6, LIST: 7 } as const

/** Every key of a topic with its value, as DescribeConfigs and CreateTopics answer them. */
export function describeTopicConfigs(
  own: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>>,
) {
  return Object.entries(topicConfigs).map(([name, def]) => {
    const set = own[name]
    const ofBroker = defaults[name]
    const inherited = ofBroker === undefined ? configSource.default : configSource.staticBroker
    const synonyms = [
      ...(set === undefined ? [] : [{ name, value: set, source: configSource.topic }]),
      ...(ofBroker === undefined || def.brokerKey === null
        ? []
        : [{ name: def.brokerKey, value: ofBroker, source: configSource.staticBroker }]),
      ...(def.brokerKey === null ? [] : [{ name: def.brokerKey, value: def.default, source: configSource.default }]),
    ]
    return {
      name,
      value: set ?? ofBroker ?? def.default,
      readOnly: false,
      configSource: set === undefined ? inherited : configSource.topic,
      isSensitive: false,
      configType: configTypes[def.type],
      synonyms,
    }
  })
}
