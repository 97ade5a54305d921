import { seedOf } from '#server/connectors/datagen/chance.ts'
import type { DatagenConfig, QuickstartName } from '#server/connectors/datagen/config.ts'
import { createPace } from '#server/connectors/datagen/pace.ts'
import { quickstarts } from '#server/connectors/datagen/quickstart.ts'
import { shareOf } from '#server/connectors/datagen/share.ts'
import type { ConnectorOffset } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { ConnectorContext, ConnectorInstance } from '#server/sdk/connector.ts'
import type { OffsetMap, SourceRecord } from '#server/sdk/records.ts'
import { plain } from '#server/sdk/schema.ts'
import type { SourceTask, SourceTaskContext } from '#server/sdk/source-task.ts'

/** Tells a task how many share the work; which of them it is it knows. */
const tasksKey = 'datagen.tasks'

const mostRecords = 2_000

export function createConnector(
  { iterations }: DatagenConfig,
  _context: ConnectorContext,
  raw: Record<string, string>,
): ConnectorInstance {
  return {
    taskConfigs(max) {
      const tasks = Math.min(max, iterations ?? max)
      return Array.from({ length: tasks }, () => ({ ...raw, [tasksKey]: `${tasks}` }))
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}

/** Makes its share of the records up. The offset is how many it has made, so that it goes on where it stopped. */
export function createTask(config: DatagenConfig, context: SourceTaskContext, raw: Record<string, string>): SourceTask {
  const { clock, task } = context
  const quickstart = config.quickstart as QuickstartName
  const make = quickstarts[quickstart]
  const sourcePartition: OffsetMap = { quickstart, task }
  const whole = { recordsPerSecond: config['records.per.second'], iterations: config.iterations }
  const share = shareOf(whole, task, Number(raw[tasksKey] ?? 1))
  const pace = createPace({ firstAt: clock.now() + share.delayMs, intervalMs: share.intervalMs })
  const seed = seedOf(`${context.connector}/${quickstart}/${task}`)
  let count = 0

  function recordAt(at: number): SourceRecord {
    const timestamp = Math.floor(at)
    const { key, value } = make({ seed, task, position: count, at: timestamp })
    count += 1
    return {
      sourcePartition,
      sourceOffset: { count },
      topic: config.topic,
      keySchema: plain.string,
      key,
      valueSchema: value.schema,
      value,
      timestamp,
    }
  }

  return {
    async start() {
      const [stored] = await context.offsets([sourcePartition])
      count = storedCount(stored ?? null)
    },
    async poll(signal) {
      while (!signal.aborted) {
        const left = share.records - count
        if (left <= 0) await aborted(signal)
        else {
          const times = pace.take(clock.now(), Math.min(left, mostRecords))
          if (times.length > 0) return times.map(recordAt)
          await clock.sleep(pace.waitMs(clock.now()), signal)
        }
      }
      return null
    },
    [Symbol.asyncDispose]: async () => undefined,
  }
}

/** Offsets that a person may store: how many records a task has made. */
export function alterOffsets(_raw: Record<string, string>, offsets: readonly ConnectorOffset[]): boolean {
  for (const { offset } of offsets) {
    if (offset !== null && !isCount(offset.count)) {
      throw new ConnectError('BAD_REQUEST', "An offset is null or has the key 'count' with a whole number from 0 on")
    }
  }
  return true
}

function storedCount(offset: OffsetMap | null): number {
  const count = offset?.count ?? 0
  if (!isCount(count))
    throw new ConnectError('START_FAILED', `The stored offset has no count: ${JSON.stringify(offset)}`)
  return count
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (signal.aborted) resolve()
  })
