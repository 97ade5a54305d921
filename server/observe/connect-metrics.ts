/** What a metric shows of its sensor; `text` is a word, shown as a label. */
export type Statistic = 'last' | 'total' | 'rate' | 'avg' | 'max' | 'min' | 'text'

export interface Metric {
  /** Kafka Connect's name of the attribute. */
  name: string
  doc: string
  statistic: Statistic
  /** What is measured; by default what the metric is called. */
  sensor: string
  /** Shown only once something was measured: the task does not do it otherwise. */
  onDemand?: boolean
}

/** One MBean of Kafka Connect: `<domain>:type=<type>,<tag>=…`. */
export interface MetricGroup {
  /** `kafka.connect` when it is absent. */
  domain?: 'kafka.connect' | 'kafka.consumer' | 'kafka.producer'
  type: string
  tags: readonly string[]
  metrics: readonly Metric[]
}

const last = (name: string, doc: string): Metric => ({ name, doc, statistic: 'last', sensor: name })
const text = (name: string, doc: string): Metric => ({ name, doc, statistic: 'text', sensor: name })
const total = (name: string, doc: string, sensor = name): Metric => ({ name, doc, statistic: 'total', sensor })
const share = (name: string, doc: string, sensor: string): Metric => ({ name, doc, statistic: 'avg', sensor })
const rateAndTotal = (sensor: string, what: string): Metric[] => [
  { name: `${sensor}-rate`, doc: `Per second, ${what}.`, statistic: 'rate', sensor },
  { name: `${sensor}-total`, doc: `In all, ${what}.`, statistic: 'total', sensor },
]
const extremes = (
  stem: string,
  suffix: string,
  what: string,
  statistics: readonly ('min' | 'max' | 'avg')[],
): Metric[] =>
  statistics.map((statistic) => ({
    name: `${stem}-${statistic}${suffix}`,
    doc: `${{ min: 'The smallest', max: 'The largest', avg: 'The average' }[statistic]} ${what}.`,
    statistic,
    sensor: `${stem}${suffix}`,
  }))
const active = (kind: 'source' | 'sink', what: string): Metric[] => {
  const sensor = `${kind}-record-active-count`
  return [
    last(sensor, `The number of records ${what}.`),
    ...extremes(sensor, '', `number of records ${what}`, ['max', 'avg']),
  ]
}
const startups = (kind: 'connector' | 'task'): Metric[] => [
  total(`${kind}-startup-attempts-total`, `How often this worker has started a ${kind}.`),
  total(`${kind}-startup-success-total`, `How many of these ${kind} starts succeeded.`, `${kind}-startup-success`),
  share(
    `${kind}-startup-success-percentage`,
    `The share of ${kind} starts that succeeded, 0 to 1.`,
    `${kind}-startup-success`,
  ),
  total(`${kind}-startup-failure-total`, `How many of these ${kind} starts failed.`, `${kind}-startup-failure`),
  share(
    `${kind}-startup-failure-percentage`,
    `The share of ${kind} starts that failed, 0 to 1.`,
    `${kind}-startup-failure`,
  ),
]

/** The states that tasks of a connector are counted by. */
export const countedStates = ['running', 'paused', 'failed', 'unassigned', 'destroyed', 'restarting'] as const
/** One for each of a task's clients, which is told apart by `client-id`. */
export const taskClients = { consumer: 'kafka.consumer', producer: 'kafka.producer' } as const
const timed = (event: string, what: string): Metric[] => [
  ...extremes(event, '-time', `time that ${what} took, in milliseconds`, ['avg', 'max']).map((metric) => ({
    ...metric,
    // Kafka puts the statistic last here.
    name: `${event}-time-${metric.statistic}`,
  })),
  ...rateAndTotal(event, `how often ${what} was completed`),
]
const plugins = ['task', 'key-converter', 'value-converter', 'header-converter'] as const
const task = ['connector', 'task'] as const

/** Every metric of a worker, under Kafka Connect's names (`ConnectMetricsRegistry`); `docs/reference/metrics.md` is printed from it. */
export const connectMetrics: readonly MetricGroup[] = [
  {
    type: 'connect-worker-metrics',
    tags: [],
    metrics: [
      last('connector-count', 'The number of connectors that run on this worker.'),
      last('task-count', 'The number of tasks that run on this worker.'),
      ...startups('connector'),
      ...startups('task'),
    ],
  },
  {
    type: 'connect-worker-metrics',
    tags: ['connector'],
    metrics: [
      last('connector-total-task-count', "The number of the connector's tasks on this worker."),
      ...countedStates.map((state) =>
        last(`connector-${state}-task-count`, `The number of the connector's tasks on this worker that are ${state}.`),
      ),
    ],
  },
  {
    type: 'connect-worker-rebalance-metrics',
    tags: [],
    metrics: [
      text('connect-protocol', 'The protocol by which the group shares its work.'),
      text('leader-name', 'The worker that leads the group.'),
      last('epoch', 'The generation of the group.'),
      total('completed-rebalances-total', 'The number of rebalances that this worker has completed.'),
      last('rebalancing', 'Whether this worker is in a rebalance: 1 or 0.'),
      {
        name: 'rebalance-max-time-ms',
        doc: 'The longest rebalance, in milliseconds.',
        statistic: 'max',
        sensor: 'rebalance-time-ms',
      },
      {
        name: 'rebalance-avg-time-ms',
        doc: 'The average rebalance, in milliseconds.',
        statistic: 'avg',
        sensor: 'rebalance-time-ms',
      },
      last('time-since-last-rebalance-ms', 'Milliseconds since this worker completed its last rebalance.'),
    ],
  },
  {
    type: 'connect-coordinator-metrics',
    tags: ['client-id'],
    metrics: [
      last('assigned-connectors', 'The number of connectors that the group gave to this worker.'),
      last('assigned-tasks', 'The number of tasks that the group gave to this worker.'),
      ...timed('join', 'joining the group'),
      ...timed('sync', 'the sharing out of the work'),
      {
        name: 'heartbeat-response-time-max',
        doc: 'The longest wait for the answer to a heartbeat, in milliseconds.',
        statistic: 'max',
        sensor: 'heartbeat-response-time',
      },
      ...rateAndTotal('heartbeat', 'the number of heartbeats that were answered'),
      last('last-heartbeat-seconds-ago', 'Seconds since the coordinator last answered; -1 before the first answer.'),
      ...extremes('rebalance-latency', '', 'time from the wish for a new round to its end, in milliseconds', [
        'avg',
        'max',
      ]),
      total('rebalance-latency-total', 'The time that all rounds took, in milliseconds.', 'rebalance-latency'),
      total('rebalance-total', 'The number of rounds that this worker has completed.', 'rebalance'),
      last('last-rebalance-seconds-ago', 'Seconds since this worker completed its last round; -1 before the first.'),
    ],
  },
  {
    type: 'app-info',
    tags: ['client-id'],
    metrics: [
      text('version', 'The version of Kafka Connect that this worker is compatible with.'),
      last('start-time-ms', 'When the worker was started, in milliseconds since the epoch.'),
    ],
  },
  {
    type: 'connector-metrics',
    tags: ['connector'],
    metrics: [
      text('status', 'What the connector is doing, in lower case.'),
      text('connector-type', 'The type of the connector: source or sink.'),
      text('connector-class', 'The class of the connector.'),
      text('connector-version', 'The version of the connector.'),
    ],
  },
  {
    type: 'connector-task-metrics',
    tags: task,
    metrics: [
      text('status', 'What the task is doing, in lower case.'),
      last('running-ratio', 'The share of time in which the task was running, 0 to 1.'),
      last('pause-ratio', 'The share of time in which the task was paused, 0 to 1.'),
      ...extremes('offset-commit', '-time-ms', 'time that a commit of offsets took, in milliseconds', ['max', 'avg']),
      share(
        'offset-commit-success-percentage',
        'The share of offset commits that succeeded, 0 to 1.',
        'offset-commit-success',
      ),
      share(
        'offset-commit-failure-percentage',
        'The share of offset commits that failed, 0 to 1.',
        'offset-commit-failure',
      ),
      ...extremes('batch-size', '', 'number of records in a batch that the task has handled', ['max', 'avg']),
      text('connector-type', 'The type of the connector: source or sink.'),
      ...(['connector', ...plugins] as const).flatMap((plugin) => [
        text(`${plugin}-class`, `The class of the ${plugin.replace('-', ' ')}.`),
        text(`${plugin}-version`, `The version of the ${plugin.replace('-', ' ')}.`),
      ]),
    ],
  },
  {
    type: 'source-task-metrics',
    tags: task,
    metrics: [
      ...rateAndTotal('source-record-poll', 'the number of records that the task has polled, before transforms'),
      ...rateAndTotal(
        'source-record-write',
        'the number of records written to Kafka, after transforms, filtered ones excluded',
      ),
      ...extremes('poll-batch', '-time-ms', 'time that a poll for a batch took, in milliseconds', ['max', 'avg']),
      ...active('source', 'that were polled and are not yet written to Kafka'),
      ...extremes('transaction-size', '', 'number of records in a transaction', ['min', 'max', 'avg']).map(
        (metric) => ({
          ...metric,
          onDemand: true,
        }),
      ),
    ],
  },
  {
    type: 'sink-task-metrics',
    tags: task,
    metrics: [
      ...rateAndTotal('sink-record-read', 'the number of records read from Kafka, before transforms'),
      ...rateAndTotal(
        'sink-record-send',
        'the number of records put into the task, after transforms, filtered ones excluded',
      ),
      last('partition-count', 'The number of topic partitions that the task holds.'),
      last('offset-commit-seq-no', 'The number of offset commits so far.'),
      ...rateAndTotal('offset-commit-completion', 'the number of offset commits that were completed'),
      ...rateAndTotal('offset-commit-skip', 'the number of offset commits that were skipped'),
      ...extremes('put-batch', '-time-ms', 'time that the task took for a batch, in milliseconds', ['max', 'avg']),
      ...active('sink', 'that were put into the task and are not yet committed'),
    ],
  },
  {
    type: 'task-error-metrics',
    tags: task,
    metrics: [
      total('total-record-failures', 'The number of failed attempts on records.'),
      total('total-record-errors', 'The number of records that could not be processed.'),
      total('total-records-skipped', 'The number of records that were left out because of errors.'),
      total('total-retries', 'The number of attempts that were made again.'),
      total('total-errors-logged', 'The number of errors that were logged.'),
      total('deadletterqueue-produce-requests', 'The number of records sent to the dead letter queue.'),
      total('deadletterqueue-produce-failures', 'The number of records that the dead letter queue did not take.'),
      last('last-error-timestamp', 'When the task met its last error, in milliseconds since the epoch.'),
    ],
  },
  {
    type: 'connector-transform-metrics',
    tags: [...task, 'transform'],
    metrics: [
      text('transform-class', 'The class of the transform.'),
      text('transform-version', 'The version of the transform.'),
    ],
  },
  {
    type: 'connector-predicate-metrics',
    tags: [...task, 'predicate'],
    metrics: [
      text('predicate-class', 'The class of the predicate.'),
      text('predicate-version', 'The version of the predicate.'),
    ],
  },
  {
    domain: taskClients.producer,
    type: 'producer-metrics',
    tags: ['client-id'],
    metrics: rateAndTotal('record-send', 'the number of records that Kafka acknowledged').map((metric) => ({
      ...metric,
      sensor: 'source-record-write',
    })),
  },
  {
    domain: taskClients.consumer,
    type: 'consumer-fetch-manager-metrics',
    tags: ['client-id'],
    metrics: [
      {
        name: 'records-lag-max',
        doc: 'The largest number of records that lay behind what was read of a partition.',
        statistic: 'max',
        sensor: 'records-lag',
      },
      ...rateAndTotal('records-consumed', 'the number of records read from Kafka').map((metric) => ({
        ...metric,
        sensor: 'sink-record-read',
      })),
      ...rateAndTotal('bytes-consumed', 'the number of bytes of the batches read from Kafka'),
    ],
  },
  {
    type: 'sluice-worker-metrics',
    tags: [],
    metrics: [
      last('record-memory-bytes', 'The bytes of records that are under way in all tasks; not in Kafka Connect.'),
      last('record-memory-max-bytes', 'The bytes that they may take together; not in Kafka Connect.'),
    ],
  },
  {
    type: 'sluice-connector-metrics',
    tags: ['connector'],
    metrics: [
      last('stalled', 'Whether the connector does not come back from a hook, 1 or 0; not in Kafka Connect.'),
      last('taskless', 'Whether the connector runs and has no tasks, 1 or 0; not in Kafka Connect.'),
    ],
  },
  {
    type: 'sluice-task-metrics',
    tags: task,
    metrics: [last('stalled', 'Whether the task shows no progress, 1 or 0; Kafka Connect has nothing of the kind.')],
  },
]
