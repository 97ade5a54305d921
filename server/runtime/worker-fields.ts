import { classOf, flag, int, list, long, short, text } from '#server/contract/config-field.ts'
import { exactlyOnceSupports } from '#server/core/exactly-once.ts'
import { defaultIdleCommitMs, idleCommitKey } from '#server/core/idle-commit.ts'
import { defaultIsolateMost, isolateMostKey, isolatePutKey } from '#server/core/put-isolation.ts'
import { defaultRestartPolicy, restartPolicies } from '#server/core/restart-policy.ts'
import { defaultStallIntervalMs } from '#server/core/stall.ts'
import { clientFields } from '#server/kafka/client-fields.ts'
import { discoveryModes } from '#server/runtime/plugin-path/discovery.ts'

const topicName = (what: string) => `The name of the Kafka topic where ${what} are stored.`
const replication = 'Replication factor used when creating the topic; -1 takes the default of the brokers.'
const atLeast = (min: number) => ({ checks: [{ check: 'range', min } as const] })

/** What every worker may set, alone or in a group: Kafka's keys and defaults (`WorkerConfig`), then ours under `sluice.`. */
export const sharedFields = {
  'bootstrap.servers': list({
    doc: 'Addresses of Kafka brokers, as host:port, to find the whole cluster by.',
    importance: 'high',
  }),
  'client.id': text({ doc: 'Added to the names by which brokers know our clients.', importance: 'low', default: '' }),

  'key.converter': classOf({ doc: 'Converter for keys of connectors that choose none.', importance: 'high' }),
  'value.converter': classOf({ doc: 'Converter for values of connectors that choose none.', importance: 'high' }),
  'header.converter': classOf({
    doc: 'Header converter for connectors that choose none.',
    importance: 'low',
    default: 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
  }),

  'task.shutdown.graceful.timeout.ms': long({
    doc: 'How long all tasks together may take to stop, in milliseconds.',
    importance: 'low',
    default: 5_000,
  }),
  'offset.flush.interval.ms': long({
    doc: 'How often offsets of tasks are committed, in milliseconds.',
    importance: 'low',
    default: 60_000,
  }),
  'offset.flush.timeout.ms': long({
    doc: 'How long a commit may take, in milliseconds.',
    importance: 'low',
    default: 5_000,
  }),
  'topic.creation.enable': flag({
    doc: 'Whether source connectors may create topics with the settings in their configuration.',
    importance: 'low',
    default: true,
  }),
  'topic.tracking.enable': flag({
    doc: 'Whether the topics that each connector uses are recorded.',
    importance: 'low',
    default: true,
  }),
  'topic.tracking.allow.reset': flag({
    doc: 'Whether the record of used topics may be reset.',
    importance: 'low',
    default: true,
  }),
  'connector.client.config.override.policy': text({
    doc: 'Which client settings a connector may override.',
    importance: 'low',
    default: 'All',
  }),
  'connector.client.config.override.allowlist': list({
    doc: 'Client settings that may be overridden under the policy Allowlist.',
    importance: 'low',
    default: [],
  }),
  'config.providers': list({
    doc: 'Aliases of the config providers that placeholders may name; each has a class and parameters under its alias.',
    importance: 'low',
    default: [],
  }),
  'plugin.path': list({
    doc: 'Folders with packages of plugins below them; see templates/connector.',
    importance: 'low',
    default: [],
  }),
  'plugin.discovery': text({
    doc: 'What a package that cannot be used does: under hybrid_fail the worker does not start; otherwise it is logged, listed, and left out. All modes find the same packages.',
    importance: 'low',
    default: 'hybrid_warn',
    checks: [{ check: 'one-of', values: discoveryModes, ignoreCase: true }],
  }),
  'metrics.sample.window.ms': long({
    doc: 'How long one window of measurements lasts, in milliseconds.',
    importance: 'low',
    default: 30_000,
    ...atLeast(1),
  }),
  'metrics.num.samples': int({
    doc: 'How many of these windows averages and rates look back over.',
    importance: 'low',
    default: 2,
    ...atLeast(1),
  }),
  'rest.advertised.host.name': text({
    doc: 'Host name by which other workers reach this one.',
    importance: 'low',
    default: null,
  }),
  'rest.advertised.port': int({ doc: 'Port by which other workers reach this one.', importance: 'low', default: null }),

  ...clientFields,

  'sluice.threads': int({
    doc: 'Threads that run connectors and tasks; 0 takes one a core, at least two.',
    importance: 'low',
    default: 0,
    ...atLeast(0),
  }),
  'sluice.record.memory.bytes': long({
    doc: 'What records under way may take in all tasks of the worker together, in bytes: fetched and not yet put, or sent and not yet acknowledged. 0 takes a quarter of the memory of the machine or its container, at least 64 MiB.',
    importance: 'low',
    default: 0,
    ...atLeast(0),
  }),
  'sluice.data.dir': text({
    doc: "Sluice's own state, which no connector may touch.",
    importance: 'low',
    default: '.sluice',
  }),
  'sluice.file.roots': list({
    doc: 'Folders that file connectors may touch; empty for whatever the user may touch.',
    importance: 'low',
    default: [],
  }),
  'sluice.restart.policy': text({
    doc: 'Whether failed connectors and tasks are restarted by themselves. Without it, they are in the safe profile. A connector may say otherwise under the same key.',
    importance: 'medium',
    default: null,
    checks: [{ check: 'one-of', values: restartPolicies }],
  }),
  'sluice.restart.max.attempts': int({
    doc: 'Restarts in a row before a failed instance waits for a person.',
    importance: 'low',
    default: defaultRestartPolicy.attempts,
    ...atLeast(0),
  }),
  'sluice.restart.backoff.ms': long({
    doc: 'The wait before the first restart, in milliseconds; each further one waits twice as long.',
    importance: 'low',
    default: defaultRestartPolicy.firstDelayMs,
    ...atLeast(0),
  }),
  'sluice.restart.backoff.max.ms': long({
    doc: 'The longest wait before a restart, in milliseconds.',
    importance: 'low',
    default: defaultRestartPolicy.mostDelayMs,
    ...atLeast(0),
  }),
  'sluice.restart.reset.ms': long({
    doc: 'How long an instance has to run without a failure until its restarts are forgotten, in milliseconds.',
    importance: 'low',
    default: defaultRestartPolicy.healthyMs,
    ...atLeast(0),
  }),
  'sluice.stall.interval.ms': long({
    doc: 'A connector or task that shows no progress for so long is said to be stalled, within twice this time, in milliseconds; 0 never. A connector may say otherwise under the same key.',
    importance: 'medium',
    default: defaultStallIntervalMs,
    ...atLeast(0),
  }),
  [idleCommitKey]: long({
    doc: 'Offsets are committed when nothing came for so long, in milliseconds, without waiting for offset.flush.interval.ms: of a source once Kafka has everything, of a sink that has nothing to flush. 0 never. A connector may say otherwise under the same key.',
    importance: 'low',
    default: defaultIdleCommitMs,
    ...atLeast(0),
  }),
  [isolatePutKey]: flag({
    doc: 'Whether a put that fails for good is repeated with halves of its records, until those are found that cannot be put: they are reported as errors.tolerance=all says, which it takes, and left out. What such a put has written already is written again. A connector may say otherwise under the same key.',
    importance: 'low',
    default: false,
  }),
  [isolateMostKey]: int({
    doc: 'How many percent of its records a connector may leave out so in the long run; ten at once are always allowed. Beyond it the task fails. A connector may say otherwise under the same key.',
    importance: 'low',
    default: defaultIsolateMost,
    checks: [{ check: 'range', min: 0, max: 100 }],
  }),
  'sluice.events.enabled': flag({
    doc: 'Whether the timeline and the logs of connectors are kept in a topic, so that every worker answers for all and they outlive a worker. Without it, they are in the safe profile. A worker that has no topic keeps its own on its disk.',
    importance: 'medium',
    default: null,
  }),
  'sluice.events.retention.ms': long({
    doc: 'How long entries of the timeline and the logs are kept, in milliseconds: in their topic, when the worker creates it; on the disk of a worker without one.',
    importance: 'low',
    default: 604_800_000,
    ...atLeast(1),
  }),
  'sluice.events.retention.bytes': long({
    doc: 'How many bytes of them are kept there.',
    importance: 'low',
    default: 134_217_728,
    ...atLeast(1_048_576),
  }),
  'sluice.log.level': text({
    doc: 'Level of all loggers at the start.',
    importance: 'low',
    default: 'INFO',
    checks: [{ check: 'one-of', values: ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'OFF'], ignoreCase: true }],
  }),
}

/** The topic of offsets, and how one that a connector has for itself is made. */
export const offsetTopicFields = {
  'offset.storage.topic': text({ doc: topicName('offsets of source connectors'), importance: 'high' }),
  'offset.storage.partitions': int({
    doc: 'Partitions used when creating the offsets topic; -1 takes the default of the brokers.',
    importance: 'low',
    default: 25,
  }),
  'offset.storage.replication.factor': short({ doc: replication, importance: 'low', default: 3 }),
}

/** Settings of a distributed worker (`DistributedConfig`). */
export const workerFields = {
  ...sharedFields,
  'group.id': text({
    doc: 'The group of workers that share connectors and tasks. It must differ from every consumer group of a sink.',
    importance: 'high',
  }),

  'config.storage.topic': text({ doc: topicName('connector configurations'), importance: 'high' }),
  'config.storage.replication.factor': short({ doc: replication, importance: 'low', default: 3 }),
  ...offsetTopicFields,
  'status.storage.topic': text({ doc: topicName('statuses of connectors and tasks'), importance: 'high' }),
  'status.storage.partitions': int({
    doc: 'Partitions used when creating the status topic; -1 takes the default of the brokers.',
    importance: 'low',
    default: 5,
  }),
  'status.storage.replication.factor': short({ doc: replication, importance: 'low', default: 3 }),

  'sluice.events.topic': text({
    doc: 'The topic where the timeline and the logs of connectors are kept; without it <group.id>-sluice-events.',
    importance: 'low',
    default: null,
  }),

  'session.timeout.ms': int({
    doc: 'How long the group waits for a silent worker before it gives its work to others, in milliseconds.',
    importance: 'high',
    default: 10_000,
    ...atLeast(1),
  }),
  'heartbeat.interval.ms': int({
    doc: 'How long a worker may be without the group coordinator before it stops its own work, in milliseconds.',
    importance: 'high',
    default: 3_000,
    ...atLeast(1),
  }),
  'rebalance.timeout.ms': int({
    doc: 'How long a rebalance waits for each worker to join, in milliseconds.',
    importance: 'high',
    default: 60_000,
    ...atLeast(1),
  }),
  'worker.sync.timeout.ms': int({
    doc: 'How long a worker that is behind the config topic tries to catch up after a rebalance, in milliseconds.',
    importance: 'medium',
    default: 3_000,
  }),
  'worker.unsync.backoff.ms': int({
    doc: 'How long a worker that could not catch up stays out of an eager group, in milliseconds.',
    importance: 'medium',
    default: 300_000,
  }),
  'connect.protocol': text({
    doc: 'How workers agree: eager stops all work in every rebalance; sessioned also signs requests between workers.',
    importance: 'low',
    default: 'sessioned',
    checks: [{ check: 'one-of', values: ['eager', 'compatible', 'sessioned'] }],
  }),
  'scheduled.rebalance.max.delay.ms': int({
    doc: 'How long the work of a departed worker waits for it to return, in milliseconds. Without it about a second, and no time at all when a replacement is there.',
    importance: 'low',
    default: null,
    checks: [{ check: 'range', min: 0, max: 2_147_483_647 }],
  }),
  'exactly.once.source.support': text({
    doc: 'Whether source connectors write records and offsets in one transaction. In a group that runs, first set all workers to preparing, one after the other, then all to enabled.',
    importance: 'high',
    default: 'disabled',
    checks: [{ check: 'one-of', values: exactlyOnceSupports, ignoreCase: true }],
  }),

  'inter.worker.key.generation.algorithm': text({
    doc: 'Algorithm of the key that signs requests between workers.',
    importance: 'low',
    default: 'HmacSHA256',
  }),
  'inter.worker.key.size': int({ doc: 'Size of that key in bits.', importance: 'low', default: null }),
  'inter.worker.key.ttl.ms': int({
    doc: 'How long that key is used, in milliseconds.',
    importance: 'low',
    default: 3_600_000,
    ...atLeast(0),
  }),
  'inter.worker.signature.algorithm': text({
    doc: 'Algorithm that signs requests between workers.',
    importance: 'low',
    default: 'HmacSHA256',
  }),
  'inter.worker.verification.algorithms': list({
    doc: 'Algorithms that are accepted on requests between workers.',
    importance: 'low',
    default: ['HmacSHA256'],
  }),
}

/** Settings of a standalone worker (`StandaloneConfig`). */
export const standaloneFields = {
  ...sharedFields,
  'offset.storage.file.filename': text({
    doc: 'The file that keeps how far source connectors got, in the format of Kafka Connect.',
    importance: 'high',
  }),
}
