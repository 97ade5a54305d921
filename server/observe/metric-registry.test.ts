import { describe, expect, test } from 'vitest'
import { connectMetrics } from '#server/observe/connect-metrics.ts'
import { createMetricRegistry, prometheusName } from '#server/observe/metric-registry.ts'
import { measured } from '#server/observe/metric-samples.ts'

const open = () => createMetricRegistry({ windowMs: 30_000, samples: 2, now: () => 0 })
const task = (connector: string, n = 0) => ({ connector, task: String(n) })
const linesOf = (text: string, name: string) => text.split('\n').filter((line) => line.startsWith(name))

/** Names of Kafka Connect 4.3, by type and tags. */
const inKafka = {
  'connect-worker-metrics ':
    'connector-count task-count connector-startup-attempts-total connector-startup-success-total connector-startup-success-percentage connector-startup-failure-total connector-startup-failure-percentage task-startup-attempts-total task-startup-success-total task-startup-success-percentage task-startup-failure-total task-startup-failure-percentage',
  'connect-worker-metrics connector':
    'connector-total-task-count connector-running-task-count connector-paused-task-count connector-failed-task-count connector-unassigned-task-count connector-destroyed-task-count connector-restarting-task-count',
  'connect-worker-rebalance-metrics ':
    'connect-protocol leader-name epoch completed-rebalances-total rebalancing rebalance-max-time-ms rebalance-avg-time-ms time-since-last-rebalance-ms',
  'connector-metrics connector': 'status connector-type connector-class connector-version',
  'connector-task-metrics connector,task':
    'status running-ratio pause-ratio offset-commit-max-time-ms offset-commit-avg-time-ms offset-commit-success-percentage offset-commit-failure-percentage batch-size-max batch-size-avg connector-class connector-version connector-type task-class task-version key-converter-class key-converter-version value-converter-class value-converter-version header-converter-class header-converter-version',
  'source-task-metrics connector,task':
    'source-record-poll-rate source-record-poll-total source-record-write-rate source-record-write-total poll-batch-max-time-ms poll-batch-avg-time-ms source-record-active-count source-record-active-count-max source-record-active-count-avg transaction-size-min transaction-size-max transaction-size-avg',
  'sink-task-metrics connector,task':
    'sink-record-read-rate sink-record-read-total sink-record-send-rate sink-record-send-total partition-count offset-commit-seq-no offset-commit-completion-rate offset-commit-completion-total offset-commit-skip-rate offset-commit-skip-total put-batch-max-time-ms put-batch-avg-time-ms sink-record-active-count sink-record-active-count-max sink-record-active-count-avg',
  'task-error-metrics connector,task':
    'total-record-failures total-record-errors total-records-skipped total-retries total-errors-logged deadletterqueue-produce-requests deadletterqueue-produce-failures last-error-timestamp',
  'connector-transform-metrics connector,task,transform': 'transform-class transform-version',
  'connector-predicate-metrics connector,task,predicate': 'predicate-class predicate-version',
}

/** Names of Kafka's own clients, of which a worker has those that it can tell. */
const ofClients: Readonly<Record<string, string>> = {
  'connect-coordinator-metrics':
    'assigned-connectors assigned-tasks heartbeat-response-time-max heartbeat-rate heartbeat-total join-time-avg join-time-max join-rate join-total sync-time-avg sync-time-max sync-rate sync-total rebalance-latency-avg rebalance-latency-max rebalance-latency-total rebalance-total rebalance-rate-per-hour failed-rebalance-total failed-rebalance-rate-per-hour last-rebalance-seconds-ago last-heartbeat-seconds-ago',
  'app-info': 'version commit-id start-time-ms',
  'producer-metrics': 'record-send-rate record-send-total record-error-rate record-error-total byte-rate byte-total',
  'consumer-fetch-manager-metrics':
    'records-lag-max records-consumed-rate records-consumed-total bytes-consumed-rate bytes-consumed-total',
}

describe('the table', () => {
  test('has the names and tags of Kafka Connect, no more and no fewer', () => {
    const [clients, own] = [true, false].map((wanted) =>
      connectMetrics.filter(({ tags }) => tags.includes('client-id') === wanted),
    )
    // Kafka Connect has nothing of what is called ours.
    const kafkas = (own ?? []).filter(({ type }) => !type.startsWith('sluice-'))
    const ours = kafkas.map(({ type, tags, metrics }) => [`${type} ${tags}`, metrics.map(({ name }) => name).sort()])
    for (const { type, metrics } of clients ?? []) {
      expect(ofClients[type]?.split(' ')).toEqual(expect.arrayContaining(metrics.map(({ name }) => name)))
    }
    expect(Object.fromEntries(ours)).toEqual(
      Object.fromEntries(Object.entries(inKafka).map(([group, names]) => [group, names.split(' ').sort()])),
    )
  })

  test('explains each in a sentence', () => {
    for (const { doc } of connectMetrics.flatMap(({ metrics }) => metrics)) expect(doc).toMatch(/^[A-Z].*[^.]\.$/)
  })

  test('gives every sensor of a task to one group', () => {
    const sensors = connectMetrics
      .filter(({ tags }) => tags.includes('task'))
      .flatMap(({ metrics }) => [...new Set(metrics.map(({ sensor }) => sensor))])
    expect(new Set(sensors).size).toBe(sensors.length)
  })
})

test('names are those that the usual rules of the JMX exporter give', () => {
  expect(prometheusName({ tags: [], metrics: [], type: 'source-task-metrics' }, 'source-record-poll-total')).toBe(
    'kafka_connect_source_task_source_record_poll_total',
  )
  expect(prometheusName({ tags: [], metrics: [], type: 'connect-worker-metrics' }, 'task-count')).toBe(
    'kafka_connect_worker_task_count',
  )
  expect(prometheusName({ tags: [], metrics: [], type: 'connect-worker-rebalance-metrics' }, 'epoch')).toBe(
    'kafka_connect_worker_rebalance_epoch',
  )
  expect(prometheusName({ tags: [], metrics: [], type: 'app-info' }, 'version')).toBe('kafka_connect_app_info_version')
  const fetching = { domain: 'kafka.consumer' as const, type: 'consumer-fetch-manager-metrics', tags: [], metrics: [] }
  expect(prometheusName(fetching, 'records-lag-max')).toBe('kafka_consumer_fetch_manager_records_lag_max')
  const sending = { domain: 'kafka.producer' as const, type: 'producer-metrics', tags: [], metrics: [] }
  expect(prometheusName(sending, 'record-send-total')).toBe('kafka_producer_record_send_total')
})

test('a page is one that Prometheus reads: each name once with its help and type, each label escaped', () => {
  const registry = open()
  registry.measure('source-task-metrics', task('a"b\\c\nd'), 'source-record-poll', measured(3))
  registry.measure('source-task-metrics', task('b'), 'source-record-poll', measured(2))
  registry.measure('source-task-metrics', task('b'), 'source-record-poll', measured(5))
  const page = registry.print([
    { type: 'connector-metrics', tags: { connector: 'b' }, values: { status: 'running' } },
    { type: 'connect-worker-metrics', tags: {}, values: { 'task-count': 2 } },
  ])
  expect(linesOf(page, '# TYPE kafka_connect_source_task_source_record_poll_total')).toEqual([
    '# TYPE kafka_connect_source_task_source_record_poll_total counter',
  ])
  expect(linesOf(page, 'kafka_connect_source_task_source_record_poll_total')).toEqual([
    'kafka_connect_source_task_source_record_poll_total{connector="a\\"b\\\\c\\nd",task="0"} 3',
    'kafka_connect_source_task_source_record_poll_total{connector="b",task="0"} 7',
  ])
  expect(page).toContain('\nkafka_connect_source_task_poll_batch_avg_time_ms{connector="b",task="0"} NaN\n')
  expect(page).toContain('\nkafka_connect_connector_status{connector="b",status="running"} 1\n')
  expect(page).toContain('\nkafka_connect_worker_task_count 2\n')
  expect(page).not.toContain('transaction_size')
  const heads = page.split('\n').filter((line) => line.startsWith('# TYPE'))
  expect(new Set(heads).size).toBe(heads.length)
  for (const line of page.trimEnd().split('\n')) {
    expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{.*\})? (NaN|[\d.e+-]+))$/)
  }
})

test('what is forgotten is gone, and nothing else is', () => {
  const registry = open()
  for (const tags of [task('a', 0), task('a', 1), task('b')]) {
    registry.measure('task-error-metrics', tags, 'total-retries', measured(1))
  }
  registry.forget({ connector: 'a', task: '1' })
  expect(linesOf(registry.print([]), 'kafka_connect_task_error_total_retries')).toHaveLength(2)
  registry.forget({ connector: 'a' })
  expect(linesOf(registry.print([]), 'kafka_connect_task_error_total_retries')).toEqual([
    'kafka_connect_task_error_total_retries{connector="b",task="0"} 1',
  ])
})
