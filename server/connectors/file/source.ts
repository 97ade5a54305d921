import { checkOffsets } from '#server/connectors/file/alter-offsets.ts'
import type { FileSourceConfig } from '#server/connectors/file/config.ts'
import { watchFile } from '#server/connectors/file/file-watch.ts'
import { createLineReader, type Lines } from '#server/connectors/file/line-reader.ts'
import { openInput } from '#server/connectors/file/open-input.ts'
import { openStandardInput } from '#server/connectors/file/standard-input.ts'
import { testSource } from '#server/connectors/file/test-connection.ts'
import { validateFile } from '#server/connectors/file/validate-file.ts'
import type { Clock } from '#server/contract/clock.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { Support } from '#server/sdk/connector.ts'
import type { OffsetMap, TextBatch } from '#server/sdk/records.ts'
import type { SourceTask, SourceTaskContext } from '#server/sdk/source-task.ts'

export const alterOffsets = checkOffsets
export const testConnection = testSource
export const validate = validateFile

/** Standard input cannot be read again from where it was left. */
export const exactlyOnceSupport = (config: Readonly<Record<string, string>>): Support =>
  config.file === undefined ? 'UNSUPPORTED' : 'SUPPORTED'

export function createTask(config: FileSourceConfig, context: SourceTaskContext): SourceTask {
  return config.file ? fileTask(config.file, config, context) : standardInputTask(config, context.clock)
}

/**
 * Reads a file line by line (Kafka: `FileStreamSourceTask`). The offset is the position in bytes after a line's end: that
 * is what a JVM worker skips when it resumes, too.
 */
function fileTask(file: string, config: FileSourceConfig, context: SourceTaskContext): SourceTask {
  const partition = { filename: file }
  const watch = watchFile(file, context.clock)
  let lines = createLineReader(0, config['batch.size'])
  let startedOver = false
  const input = openInput(file, context.logger, {
    opened: () => watch.renew(),
    restart() {
      lines.restart(0)
      startedOver = true
    },
  })

  return {
    async start() {
      const [stored] = await context.offsets([partition])
      lines = createLineReader(storedPosition(stored ?? null), config['batch.size'])
    },
    async poll(signal) {
      while (!signal.aborted) {
        const found = await lines.next(input.read)
        if (found.count > 0)
          return textBatch(config.topic, partition, found, context.clock.now(), (position) => ({ position }))
        if (!startedOver) await watch.changed(signal)
        startedOver = false
      }
      return null
    },
    async [Symbol.asyncDispose]() {
      watch[Symbol.dispose]()
      await input[Symbol.asyncDispose]()
    },
  }
}

function storedPosition(offset: OffsetMap | null): number {
  const position = offset?.position ?? 0
  if (typeof position !== 'number' || !Number.isSafeInteger(position)) {
    throw new ConnectError('START_FAILED', 'Offset position is the incorrect type')
  }
  return position
}

function textBatch(
  topic: string,
  sourcePartition: OffsetMap | null,
  { bytes, starts, ends, nexts, count, base }: Lines,
  timestamp: number,
  offset: (position: number) => OffsetMap | null,
): TextBatch {
  return {
    kind: 'text',
    topic,
    sourcePartition,
    timestamp,
    bytes,
    starts,
    ends,
    count,
    offsetAt: (i) => offset(base + (nexts[i] ?? 0)),
  }
}

/** Lines of the standard input, which nobody can read again: there are no offsets. */
function standardInputTask(config: FileSourceConfig, clock: Clock): SourceTask {
  const input = openStandardInput()
  const lines = createLineReader(0, config['batch.size'])

  return {
    async poll(signal) {
      while (!signal.aborted) {
        const found = await lines.next(input.read)
        if (found.count > 0) return textBatch(config.topic, null, found, clock.now(), () => null)
        await input.arrived(signal)
      }
      return null
    },
    async [Symbol.asyncDispose]() {
      input[Symbol.dispose]()
    },
  }
}
