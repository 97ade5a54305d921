import type { Fields } from '#server/contract/config-field.ts'
import { clientFields, consumerFields, producerFields } from '#server/kafka/client-fields.ts'
import { sharedFields, standaloneFields, workerFields } from '#server/runtime/worker-fields.ts'
import { fieldTable } from '#tools/field-table.ts'

/** A distributed worker's properties that work as they stand; a test reads them. */
export const workerExample: Readonly<Record<string, string>> = {
  'bootstrap.servers': 'kafka-1:9092,kafka-2:9092',
  'group.id': 'connect',
  'config.storage.topic': 'connect-configs',
  'offset.storage.topic': 'connect-offsets',
  'status.storage.topic': 'connect-status',
  'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
  listeners: 'http://127.0.0.1:8083',
}

/** The reference of a worker's settings, as `sluice worker FILE` and `sluice standalone FILE` read them. */
export function workerPage(): string {
  return [
    '# Worker settings',
    '',
    'Printed from the tables in `server/runtime/worker-fields.ts` and `server/kafka/client-fields.ts` by `npm run docs`.',
    '',
    "The keys are Kafka Connect's, and those of our own begin with `sluice.`. They stand in a properties file, in the environment",
    '(`CONNECT_GROUP_ID` is `group.id`) or on the command line (`--group.id=connect`); the later of these wins. A value may hold',
    'placeholders of [config providers](config-providers.md).',
    '',
    '```properties',
    ...Object.entries(workerExample).map(([key, value]) => `${key}=${value}`),
    '```',
    '',
    ...section('Every worker', without(clientFields, sharedFields)),
    ...section('A worker of a group', without(sharedFields, workerFields)),
    ...section('A worker alone', without(sharedFields, standaloneFields)),
    '## Clients',
    '',
    "The worker's own clients read these keys as they stand, and so do the clients that it opens for connectors. These take what",
    'stands under `producer.` (sources, dead letters), `consumer.` (sinks) or `admin.` (topics that are made) before that, and what',
    'a connector sets under `producer.override.`, `consumer.override.` or `admin.override.` before all, where',
    '`connector.client.config.override.policy` lets it.',
    '',
    ...fieldTable(clientFields),
    '',
    '### Under `producer.`',
    '',
    ...fieldTable(producerFields),
    '',
    '### Under `consumer.`',
    '',
    ...fieldTable(consumerFields),
    '',
  ].join('\n')
}

const section = (title: string, fields: Fields): string[] => [`## ${title}`, '', ...fieldTable(fields), '']

const without = (others: Fields, fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => !Object.hasOwn(others, key)))
