import { randomUUID } from 'node:crypto'
import type { VerifiableSinkConfig } from '#e2e/verifiable/config.ts'
import { openLedger } from '#e2e/verifiable/ledger.ts'
import type { ConnectorContext, ConnectorInstance } from '#server/sdk/connector.ts'
import type { SinkRecord } from '#server/sdk/records.ts'
import type { SinkTask, SinkTaskContext } from '#server/sdk/sink-task.ts'
import { isStruct, type Value } from '#server/sdk/value.ts'

/** As many tasks as it may have, each with a number. */
export const createConnector = (
  _config: VerifiableSinkConfig,
  _context: ConnectorContext,
  raw: Record<string, string>,
): ConnectorInstance => ({
  taskConfigs: (max) => Array.from({ length: max }, (_, id) => ({ ...raw, id: String(id) })),
  [Symbol.asyncDispose]: async () => undefined,
})

/**
 * Says in its ledger what it was given, and again what of it was flushed (Kafka: `VerifiableSinkTask`). `generation` counts
 * the assignments of this life of the task.
 */
export function createTask(
  config: VerifiableSinkConfig,
  context: SinkTaskContext,
  raw: Record<string, string>,
): SinkTask {
  const { clock, connector: name } = context
  const sinkTask = Number(raw.id ?? context.task)
  const instance = randomUUID()
  const ledger = openLedger(config['ledger.folder'], `${name}-${sinkTask}-${instance}`)
  const about = { name, sinkTask, instance, pid: process.pid }
  let generation = 0
  let unflushed: object[] = []

  return {
    start() {
      ledger.write([{ ...about, event: 'started', time_ms: clock.now() }])
    },
    open() {
      generation += 1
    },
    put(batch) {
      const put = Array.from(batch, (record) => ({ ...about, generation, time_ms: clock.now(), ...placeOf(record) }))
      ledger.write(put)
      unflushed.push(...put)
    },
    flush() {
      const flushed = { time_ms: clock.now(), flushed: true }
      ledger.write(unflushed.map((entry) => ({ ...entry, ...flushed })))
      unflushed = []
    },
    close() {
      unflushed = []
    },
    async [Symbol.asyncDispose]() {
      ledger.write([{ ...about, event: 'stopped', time_ms: clock.now() }])
      ledger.close()
    },
  }
}

/** Which record of a verifiable source it is, and where it stood. `task` is the source's task. */
function placeOf({ topic, partition, offset, key, value, headers }: SinkRecord) {
  const source = headers.find((header) => header.name === 'connector')?.value ?? null
  return { source: String(source), task: Number(key), topic, partition, offset, seqno: Number(seqnoIn(value)) }
}

function seqnoIn(value: Value): Value | undefined {
  if (isStruct(value)) return value.get('seqno')
  return value instanceof Map ? (value.get('seqno') as Value) : value
}
