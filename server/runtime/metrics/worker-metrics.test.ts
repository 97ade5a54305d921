import { expect, test } from 'vitest'
import { measured } from '#server/observe/metric-samples.ts'
import { createWorkerMetrics } from '#server/runtime/metrics/worker-metrics.ts'

function open() {
  let now = 1_000
  const clock = { now: () => now, monotonic: () => now }
  const metrics = createWorkerMetrics({ windowMs: 30_000, samples: 2, clock, version: '4.3.1' })
  metrics.describeBy((connector) => ({
    words: { 'connector-type': connector === 'in' ? 'source' : 'sink', 'task-class': 'T' },
  }))
  /** The value of a line, found by its beginning. */
  const value = (name: string, labels = '') =>
    metrics
      .print()
      .split('\n')
      .find((line) => line.startsWith(`kafka_connect_${name}${labels} `))
      ?.split(' ')
      .at(-1)
  return { metrics, value, pass: (ms: number) => (now += ms) }
}

const c0 = { task: { connector: 'in', task: 0 } }
const c1 = { task: { connector: 'in', task: 1 } }

test('counts what runs here, what state it is in, and how starts went', () => {
  const { metrics, value } = open()
  metrics.heard({ connector: 'in' }, 'RUNNING')
  metrics.heard(c0, 'RUNNING')
  metrics.heard(c1, 'FAILED')
  metrics.heard(c1, 'RESTARTING')
  metrics.heard(c1, 'RUNNING')
  metrics.heard(c0, 'FAILED')
  expect([value('worker_connector_count'), value('worker_task_count')]).toEqual(['1', '2'])
  expect(value('worker_task_startup_attempts_total')).toBe('3')
  expect([value('worker_task_startup_success_total'), value('worker_task_startup_failure_total')]).toEqual(['2', '1'])
  expect(Number(value('worker_task_startup_failure_percentage'))).toBeCloseTo(1 / 3)
  expect(value('worker_connector_running_task_count', '{connector="in"}')).toBe('1')
  expect(value('worker_connector_failed_task_count', '{connector="in"}')).toBe('1')
  expect(value('worker_connector_total_task_count', '{connector="in"}')).toBe('2')
})

test('says for which share of its time a task ran and was paused', () => {
  const { metrics, value, pass } = open()
  metrics.heard(c0, 'RUNNING')
  pass(3_000)
  metrics.heard(c0, 'PAUSED')
  pass(1_000)
  expect(value('connector_task_running_ratio', '{connector="in",task="0"}')).toBe('0.75')
  expect(value('connector_task_pause_ratio', '{connector="in",task="0"}')).toBe('0.25')
  expect(value('connector_task_status', '{connector="in",task="0",status="paused"}')).toBe('1')
  expect(value('connector_task_task_class', '{connector="in",task="0",task_class="T"}')).toBe('1')
})

test('shows a task the metrics of its kind, and takes them back with it', () => {
  const { metrics, value } = open()
  metrics.heard(c0, 'RUNNING')
  metrics.heard({ task: { connector: 'out', task: 0 } }, 'RUNNING')
  metrics.measured(c0.task, [
    ['source-record-poll', { count: 2, sum: 5, min: 2, max: 3, last: 3 }],
    ['total-record-errors', measured(1)],
  ])
  expect(value('source_task_source_record_poll_total', '{connector="in",task="0"}')).toBe('5')
  expect(value('task_error_total_record_errors', '{connector="in",task="0"}')).toBe('1')
  expect(value('sink_task_sink_record_read_total', '{connector="out",task="0"}')).toBe('0')
  expect(value('sink_task_sink_record_read_total', '{connector="in",task="0"}')).toBeUndefined()
  metrics.heard({ connector: 'in' }, 'UNASSIGNED')
  expect(value('source_task_source_record_poll_total', '{connector="in",task="0"}')).toBe('5')
  metrics.heard(c0, 'UNASSIGNED')
  metrics.heard({ task: { connector: 'out', task: 0 } }, 'GONE')
  expect(metrics.print()).not.toContain('connector=')
})

test('tells of rebalances only where there is a group', () => {
  const { metrics, value, pass } = open()
  expect(metrics.print()).not.toContain('rebalance')
  metrics.describeBy(
    () => undefined,
    () => ({
      clientId: 'connect-1',
      assigned: { connectors: 1, tasks: 2 },
      lastAnswerAt: 500,
      protocol: 'sessioned',
      leader: 'http://a:1/',
      generation: 7,
      rebalancing: false,
    }),
  )
  metrics.rebalanced(40)
  metrics.rebalanced(20)
  pass(500)
  expect(value('worker_rebalance_epoch')).toBe('7')
  expect([value('worker_rebalance_rebalance_max_time_ms'), value('worker_rebalance_rebalance_avg_time_ms')]).toEqual([
    '40',
    '30',
  ])
  expect(value('worker_rebalance_completed_rebalances_total')).toBe('2')
  expect(value('worker_rebalance_time_since_last_rebalance_ms')).toBe('500')
  expect(value('worker_rebalance_leader_name', '{leader_name="http://a:1/"}')).toBe('1')

  metrics.grouped('join', 30)
  metrics.grouped('heartbeat', 3)
  const own = '{client_id="connect-1"}'
  expect([value('coordinator_assigned_connectors', own), value('coordinator_assigned_tasks', own)]).toEqual(['1', '2'])
  expect([value('coordinator_join_total', own), value('coordinator_join_time_max', own)]).toEqual(['1', '30'])
  expect(value('coordinator_heartbeat_response_time_max', own)).toBe('3')
  expect(value('coordinator_last_heartbeat_seconds_ago', own)).toBe('1')
  expect(value('coordinator_rebalance_latency_total', own)).toBe('60')
  expect(value('app_info_version', '{client_id="connect-1",version="4.3.1"}')).toBe('1')
})

test('a task measures for its client, too, under the id that Kafka Connect gives it', () => {
  const { metrics } = open()
  metrics.heard(c0, 'RUNNING')
  metrics.measured(c0.task, [
    ['source-record-write', measured(7)],
    ['records-lag', { count: 2, sum: 13, min: 1, max: 12, last: 1 }],
  ])
  const page = metrics.print()
  expect(page).toContain('kafka_producer_record_send_total{client_id="connector-producer-in-0"} 7')
  expect(page).toContain('kafka_connect_source_task_source_record_write_total{connector="in",task="0"} 7')
  expect(page).toContain('kafka_consumer_fetch_manager_records_lag_max{client_id="connector-consumer-in-0"} 12')
  metrics.heard(c0, 'GONE')
  expect(metrics.print()).not.toContain('connector-producer-in-0')
})

test('says how much each task has moved for as long as it is here', () => {
  const { metrics } = open()
  metrics.heard({ connector: 'in' }, 'RUNNING')
  metrics.heard(c0, 'RUNNING')
  metrics.heard({ task: { connector: 'out', task: 0 } }, 'RUNNING')
  for (const count of [3, 4]) metrics.measured(c0.task, [['source-record-write', measured(count)]])
  metrics.measured({ connector: 'out', task: 0 }, [
    ['sink-record-read', measured(9)],
    ['sink-record-send', measured(5)],
  ])
  expect(metrics.throughput()).toEqual([
    { connector: 'in', task: 0, records: 7 },
    { connector: 'out', task: 0, records: 5 },
  ])
  metrics.heard(c0, 'GONE')
  metrics.heard(c0, 'RUNNING')
  expect(metrics.throughput().find(({ connector }) => connector === 'in')).toEqual({ ...c0.task, records: 0 })
})

test('names the transforms and predicates of a task with their classes', () => {
  const { metrics, value } = open()
  metrics.describeBy(() => ({
    words: {},
    chain: [{ kind: 'transform', alias: 'mask', className: 'a.Mask', version: '1' }],
  }))
  metrics.heard(c0, 'RUNNING')
  const labels = '{connector="in",task="0",transform="mask",transform_class="a.Mask"}'
  expect(value('connector_transform_transform_class', labels)).toBe('1')
})
