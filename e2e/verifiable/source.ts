import { randomUUID } from 'node:crypto'
import type { VerifiableSourceConfig } from '#e2e/verifiable/config.ts'
import { openLedger } from '#e2e/verifiable/ledger.ts'
import { createPace } from '#e2e/verifiable/pace.ts'
import type { ConnectorContext, ConnectorInstance } from '#server/sdk/connector.ts'
import type { OffsetMap, SourceRecord } from '#server/sdk/records.ts'
import { plain, schema } from '#server/sdk/schema.ts'
import type { SourceTask, SourceTaskContext } from '#server/sdk/source-task.ts'
import { Struct } from '#server/sdk/struct.ts'

/** As many tasks as it may have, each with a number. */
export const createConnector = (
  _config: VerifiableSourceConfig,
  _context: ConnectorContext,
  raw: Record<string, string>,
): ConnectorInstance => ({
  taskConfigs: (max) => Array.from({ length: max }, (_, id) => ({ ...raw, id: String(id) })),
  [Symbol.asyncDispose]: async () => undefined,
})

const keySchema = schema.int32()
const seqnoSchema = schema.int64()
const completeSchema = schema.struct({
  name: plain.string,
  task: schema.int32(),
  topic: plain.string,
  time_ms: schema.int64(),
  seqno: schema.int64(),
})

/**
 * Numbers its records from 0 on without a gap, goes on behind the stored offset, and says in its ledger what it handed out
 * and what it was told to be done with (Kafka: `VerifiableSourceTask`). Headers say once more
 * which record it is, and which life of the task wrote it.
 */
export function createTask(
  config: VerifiableSourceConfig,
  context: SourceTaskContext,
  raw: Record<string, string>,
): SourceTask {
  const { connector: name, clock } = context
  const task = Number(raw.id ?? context.task)
  const { topic } = config
  const sourcePartition: OffsetMap = { id: task }
  const instance = randomUUID()
  const ledger = openLedger(config['ledger.folder'], `${name}-${task}-${instance}`)
  const about = { name, task, topic, instance, pid: process.pid }
  const messages = config['max.messages']
  const last = messages < 0 ? Number.POSITIVE_INFINITY : messages
  const pace = createPace(clock.now(), config.throughput)
  let next = 0

  function recordOf(seqno: number, now: number): SourceRecord {
    const complete = () => Struct.of(completeSchema, [name, task, topic, BigInt(now), BigInt(seqno)])
    return {
      sourcePartition,
      sourceOffset: { seqno },
      topic,
      keySchema,
      key: task,
      ...(config['complete.record.data']
        ? { valueSchema: completeSchema, value: complete() }
        : { valueSchema: seqnoSchema, value: BigInt(seqno) }),
      headers: [
        { name: 'connector', schema: plain.string, value: name },
        { name: 'instance', schema: plain.string, value: instance },
        { name: 'seqno', schema: plain.string, value: `n${seqno}` },
      ],
    }
  }

  return {
    async start() {
      const [stored] = await context.offsets([sourcePartition])
      if (stored) next = Number(stored.seqno) + 1
      ledger.write([{ ...about, event: 'started', time_ms: clock.now(), seqno: next }])
    },
    async poll(signal) {
      while (!signal.aborted) {
        const now = clock.now()
        const count = pace.take(now, Math.min(config['batch.size'], last - next))
        if (count > 0) {
          const seqnos = Array.from({ length: count }, (_, i) => next + i)
          next += count
          ledger.write(seqnos.map((seqno) => ({ ...about, time_ms: now, seqno })))
          return seqnos.map((seqno) => recordOf(seqno, now))
        }
        await clock.sleep(next < last ? pace.waitMs(now) : 1_000, signal)
      }
      return null
    },
    commitRecord({ sourceOffset }, metadata) {
      const end = metadata === null ? { dropped: true } : { committed: true }
      ledger.write([{ ...about, time_ms: clock.now(), seqno: sourceOffset?.seqno, ...end }])
    },
    async [Symbol.asyncDispose]() {
      ledger.write([{ ...about, event: 'stopped', time_ms: clock.now() }])
      ledger.close()
    },
  }
}
