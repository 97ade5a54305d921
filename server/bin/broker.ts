import { join } from 'node:path'
import { takeDataFolder } from '#server/bin/data-folder.ts'
import type { Settings } from '#server/bin/settings.ts'
import { untilStopped } from '#server/bin/until-stopped.ts'
import { startBroker } from '#server/broker/server.ts'
import { systemClock } from '#server/contract/clock.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'
import { createLogLevels } from '#server/observe/log-levels.ts'
import { createLogger } from '#server/observe/logger.ts'
import { createStreamSink } from '#server/observe/stream-sink.ts'

const defaults = { host: '127.0.0.1', port: 9092, dataDir: '.sluice' }

/**
 * `sluice broker`: the embedded Kafka broker on `<sluice.data.dir>/broker`, until SIGTERM, Ctrl-C, or the end of the
 * process that started it.
 */
export async function runBroker(settings: Settings): Promise<void> {
  const stop = untilStopped()
  await using lifecycle = createLifecycle()
  // Closed last: an open channel to the parent keeps a process alive.
  lifecycle.defer(() => {
    if (process.connected) process.disconnect()
  })
  const directory = join(settings.get('sluice.data.dir') ?? defaults.dataDir, 'broker')
  // I7: one process a folder; a lock left behind by a killed one is taken over.
  const folder = await takeDataFolder(directory, 'broker.lock')
  lifecycle.defer(() => folder[Symbol.dispose]())

  const logger = createLogger({
    name: 'sluice.broker',
    sink: createStreamSink(process.stderr, 'text'),
    levels: createLogLevels({ root: 'INFO', clock: systemClock }),
    clock: systemClock,
  })
  const host = settings.get('broker.host') ?? defaults.host
  const rebalanceDelay = settings.count('group.initial.rebalance.delay.ms', { min: 0, max: 600_000 })
  const partitions = settings.count('num.partitions', { min: 1, max: 1000 })
  const cleanerBackoff = settings.count('log.cleaner.backoff.ms', { min: 1, max: 3_600_000 })
  const offsetsRetention = settings.count('offsets.retention.minutes', { min: 1, max: 2_147_483_647 })
  const offsetsCheck = settings.count('offsets.retention.check.interval.ms', { min: 1, max: 2_147_483_647 })
  const connections = settings.count('max.connections', { min: 0, max: 2_147_483_647 })
  const fetchSessions = settings.count('max.incremental.fetch.session.cache.slots', { min: 0, max: 2_147_483_647 })
  const broker = lifecycle.own(
    await startBroker({
      directory,
      host,
      port: settings.port('broker.port') ?? defaults.port,
      allowRemote: settings.get('broker.allow.remote') === 'true',
      ...(settings.get('auto.create.topics.enable') === 'false' && { autoCreateTopics: false }),
      ...(rebalanceDelay !== undefined && { initialRebalanceDelayMs: rebalanceDelay }),
      ...(partitions !== undefined && { defaultPartitions: partitions }),
      ...(cleanerBackoff !== undefined && { cleanerBackoffMs: cleanerBackoff }),
      ...(offsetsRetention !== undefined && { offsetsRetentionMinutes: offsetsRetention }),
      ...(offsetsCheck !== undefined && { offsetsRetentionCheckIntervalMs: offsetsCheck }),
      ...(connections !== undefined && { maxConnections: connections }),
      ...(fetchSessions !== undefined && { maxFetchSessions: fetchSessions }),
      settings: settings.values,
      clock: systemClock,
      logger,
    }),
  )
  console.log(`Kafka broker at ${host}:${broker.port} (embedded: one node, meant for one machine)`)
  process.send?.({ ready: true, port: broker.port })
  await stop
}
