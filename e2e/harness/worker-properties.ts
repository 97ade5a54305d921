import { writeFileSync } from 'node:fs'

export type Properties = Record<string, string>

/**
 * What a worker of either kind needs to be part of a group on `bootstrapServers`, answering REST under `address`, and under
 * `secured` with TLS, which is then how other workers reach it.
 */
export const workerProperties = (
  address: string,
  bootstrapServers: string,
  group: string,
  secured?: string,
): Properties => ({
  listeners: secured === undefined ? `http://${address}` : `http://${address},https://${secured}`,
  ...(secured !== undefined && { 'rest.advertised.listener': 'https' }),
  'bootstrap.servers': bootstrapServers,
  'group.id': group,
  'config.storage.topic': `${group}-configs`,
  'offset.storage.topic': `${group}-offsets`,
  'status.storage.topic': `${group}-status`,
  'config.storage.replication.factor': '1',
  'offset.storage.replication.factor': '1',
  'status.storage.replication.factor': '1',
  'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'offset.flush.interval.ms': '1000',
  'scheduled.rebalance.max.delay.ms': '0',
})

export function writeProperties(file: string, settings: Properties): void {
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\')}\n`)
  writeFileSync(file, lines.join(''))
}
