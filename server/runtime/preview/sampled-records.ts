import type { Clock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import { typedConfig } from '#server/runtime/pool/thread-plugins.ts'
import type { During } from '#server/runtime/task/task-runner.ts'
import type { SourcePlugin } from '#server/sdk/connector.ts'
import { isTextBatch, type SourceBatch, type SourceRecord, textRecord } from '#server/sdk/records.ts'

/**
 * The first records of a source, as a connector that is new there would read them: its first task is started without
 * offsets, polled and stopped. Neither `commit` nor `commitRecord` is called, so nothing is acknowledged in the source. Fewer
 * than `limit` when the signal aborts first.
 */
export async function sampledRecords(
  source: SourcePlugin,
  config: Record<string, string>,
  options: { limit: number; signal: AbortSignal; during: During; clock: Clock; logger: Logger },
): Promise<SourceRecord[]> {
  const { limit, signal, during, clock, logger } = options
  const connector = config.name ?? 'preview'
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined) // heard where the records are awaited
  const module = await source.load()
  const instance = module.createConnector?.(
    typedConfig(source, config),
    {
      connector,
      logger,
      requestTaskReconfiguration() {
        logger.info('The connector asks for other tasks; a preview goes on with the first')
      },
      raiseError(error: unknown) {
        failure.reject(error)
      },
    },
    config,
  )
  const left: AsyncDisposable[] = instance ? [instance] : []
  try {
    await during('starting the connector of a preview', () => instance?.start?.())
    const [taskConfig = config] = (await during('making the task configs of a preview', () =>
      instance?.taskConfigs?.(1),
    )) ?? [config]
    const context = {
      connector,
      task: 0,
      clock,
      logger,
      offsets: async (partitions: readonly unknown[]) => partitions.map(() => null),
    }
    const task = module.createTask(typedConfig(source, taskConfig), context, taskConfig)
    left.unshift(task)
    await during('starting the task of a preview', () => task.start?.())
    const records: SourceRecord[] = []
    while (records.length < limit && !signal.aborted) {
      const batch = await during('polling for a preview', () => Promise.race([task.poll(signal), failure.promise]))
      if (batch) records.push(...firstOf(batch, limit - records.length))
    }
    return records
  } finally {
    for (const part of left) {
      try {
        await during('stopping the parts of a preview', () => part[Symbol.asyncDispose]())
      } catch (error) {
        logger.warn(`A part of a preview could not be stopped: ${messageOf(error)}`, { error })
      }
    }
  }
}

/** Copies: the buffer of a text batch belongs to the task, which may use it again. */
function firstOf(batch: SourceBatch, limit: number): SourceRecord[] {
  if (!isTextBatch(batch)) return batch.slice(0, limit)
  return Array.from({ length: Math.min(limit, batch.count) }, (_, i) => textRecord(batch, i))
}
