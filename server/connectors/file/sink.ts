import { type FileHandle, open } from 'node:fs/promises'
import { checkAllowed } from '#server/connectors/file/allowed-path.ts'
import type { FileSinkConfig } from '#server/connectors/file/config.ts'
import { testSink } from '#server/connectors/file/test-connection.ts'
import { validateFile } from '#server/connectors/file/validate-file.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { SinkRecord, SinkSlice } from '#server/sdk/records.ts'
import type { SinkTask } from '#server/sdk/sink-task.ts'
import { isBytes, textForm, utf8 } from '#server/sdk/text-form.ts'

export const validate = validateFile
export const testConnection = testSink

/** Where a person put the offsets is taken as it is, as Kafka does: a file tells nothing about them. */
export const alterOffsets = () => true

/** Where lines go: a file, or the standard output. */
interface Output extends AsyncDisposable {
  append(bytes: Buffer): Promise<void>
  /** Returns when what was appended survives a power cut, as far as the output can promise that. */
  sync(): Promise<void>
}

/**
 * Appends each value and a line feed (Kafka: `FileStreamSinkTask`); byte arrays are written as they are.
 *
 * I6: `flush` returns when the disk has it, so an offset is committed only for lines that survive a power cut.
 */
export function createTask({ file }: FileSinkConfig): SinkTask {
  let output: Output = standardOutput
  let unsynced = false

  return {
    takesTexts: true,
    async start() {
      if (file) output = await openFile(file)
    },
    async put({ slices }) {
      for (const slice of slices) {
        if (slice.count === 0) continue
        unsynced = true
        await output.append(linesOf(slice))
      }
    },
    async flush() {
      if (!unsynced) return
      await output.sync()
      unsynced = false
    },
    [Symbol.asyncDispose]: () => output[Symbol.asyncDispose](),
  }
}

async function openFile(file: string): Promise<Output> {
  checkAllowed(file, process.env)
  let handle: FileHandle
  let isFile: boolean
  try {
    handle = await open(file, 'a')
    isFile = (await handle.stat()).isFile()
  } catch (cause) {
    throw new ConnectError('START_FAILED', `Couldn't find or create file '${file}' for FileStreamSinkTask`, { cause })
  }
  return {
    async append(bytes) {
      for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at, bytes.length - at)).bytesWritten
    },
    async sync() {
      // A device such as /dev/null has nothing to make durable, and says so with an error.
      if (isFile) await handle.datasync()
    },
    [Symbol.asyncDispose]: () => handle.close(),
  }
}

const standardOutput: Output = {
  // The stream waits for a slow reader; the descriptor itself may refuse to take more for now.
  append: (bytes) =>
    new Promise((resolve, reject) => process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()))),
  sync: async () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
}

const lineFeed = Buffer.from('\n')

function linesOf(slice: SinkSlice): Buffer {
  const texts = slice.texts()
  if (texts) return texts.bytes.subarray(texts.starts[0], (texts.ends[texts.count - 1] ?? -1) + 1)
  const parts: Buffer[] = []
  for (let i = 0; i < slice.count; i++) parts.push(lineOf(slice.record(i)), lineFeed)
  return Buffer.concat(parts)
}

const lineOf = ({ value, valueSchema }: SinkRecord): Buffer =>
  isBytes(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : utf8(value === null ? 'null' : textForm(value, valueSchema))
