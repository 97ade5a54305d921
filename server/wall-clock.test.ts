import { globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'

/** Who may ask for the time of day, and what for. Everything that waits, measures or gives up asks the monotonic clock. */
const mayAsk: Record<string, string> = {
  'contract/clock.ts': 'it is the clock',
  'observe/logger.ts': 'stamps lines',
  'observe/log-levels.ts': 'stamps changes of levels',
  'rest/handler.ts': 'writes dates into headers',
  'connectors/file/source.ts': 'stamps records',
  'connectors/datagen/source.ts': 'stamps records, and makes them at the times of day that they tell',
  'runtime/task/source-sender.ts': 'stamps records',
  'kafka/producer.ts': 'stamps records',
  'kafka/fetcher.ts': 'begins at a date when auto.offset.reset says for how long to go back',
  'kafka/kafkajs.ts': 'stamps records',
  'kafka/security/oauth-source.ts': 'is told by others when a token ends, as a date',
  'runtime/task/tolerance.ts': 'tells the date of the last error as a metric',
  'runtime/metrics/worker-metrics.ts': 'tells the date of the start as a metric',
  'runtime/stages.ts': 'tells people since when something takes long',
  'runtime/events/event-log.ts': 'stamps events',
  'runtime/events/event-folder.ts': 'retention goes by the dates of files',
  'runtime/rebalance-history.ts': 'stamps rebalances',
  'runtime/group-assignment.ts': 'stamps rebalances',
  'runtime/herder/stall-watch.ts': 'tells people since when a task is stalled',
  'runtime/herder/taskless-watch.ts': 'tells people since when a connector has no tasks',
  'runtime/herder/recovery.ts': 'tells people when a restart is due',
  'runtime/herder/status-reports.ts': 'stamps topics of connectors',
  'runtime/herder/drains.ts': 'stamps a wish that all workers read',
  'runtime/herder/writes.ts': 'says until when a level holds, for all workers',
  'runtime/herder/reads.ts': 'compares with that',
  'runtime/herder/connector-log-levels.ts': 'compares with that',
  'runtime/herder/leader-duties.ts': 'stamps the session key, whose age the next leader reads',
  'cli/commands/connectors.ts': 'tells people how long something has been so',
  'bin/supervised-child.ts': 'tells people when a part starts again',
  'console/live.ts': 'names a life of the process',
  'console/config-recorder.ts': 'stamps the history of configs',
  'topics/ending-clock.ts': 'passes it on',
  'broker/log/partition-log.ts': 'retention and rolling go by the dates of records, as in Kafka',
  'broker/handlers/produce.ts': 'stamps batches, and judges the dates of records',
  'broker/handlers/group-offsets.ts': 'stamps offsets, whose retention outlives the process',
  'broker/groups/group-coordinator.ts': 'compares with that',
  'broker/groups/offset-store.ts': 'stamps offsets',
  'broker/transactions/transaction-store.ts': 'stamps transactions, whose age outlives the process',
  'broker/transactions/transaction-coordinator.ts': 'compares with that',
  'broker/handlers/transactions.ts': 'stamps offsets',
  'broker/handlers/transactions-admin.ts': 'compares with that',
}

const server = import.meta.dirname
const asking = globSync('**/*.ts', { cwd: server })
  .filter((file) => !/\.(?:test|integration)\.ts$|(?:^|\/)(?:test-tree|testdata|testing|benchmarks)\//.test(file))
  .filter((file) => /\b[cC]lock\??\.now\b|\bDate\.now\(/.test(readFileSync(join(server, file), 'utf8')))
  .map((file) => relative(server, join(server, file)))
  .toSorted()

test('R-I30: nobody asks for the time of day who has no reason to, so that no deadline moves when it jumps', () => {
  expect(asking).toEqual(Object.keys(mayAsk).toSorted())
})
