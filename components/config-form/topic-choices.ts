import type { ConfigInfos } from '#server/contract/connector.ts'

/** Every sink has it, and no source does (Kafka: `SinkConnectorConfig`). */
const sinkTopics = 'topics'

export const isOfSink = (infos: ConfigInfos | undefined): boolean =>
  infos?.configs.some(({ definition }) => definition?.name === sinkTopics) ?? false

/** The answer with what Kafka Connect leaves open: the topics that a sink could read, where nothing else was recommended. */
export function withTopicChoices(infos: ConfigInfos, topics: readonly string[]): ConfigInfos {
  return {
    ...infos,
    configs: infos.configs.map((info) =>
      info.definition?.name === sinkTopics && info.value.recommendedValues.length === 0
        ? { ...info, value: { ...info.value, recommendedValues: [...topics] } }
        : info,
    ),
  }
}
