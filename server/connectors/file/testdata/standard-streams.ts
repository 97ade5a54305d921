import { sinkConfig, sourceConfig } from '#server/connectors/file/config.ts'
import { createTask as createSink } from '#server/connectors/file/sink.ts'
import { createTask as createSource } from '#server/connectors/file/source.ts'
import { typed } from '#server/connectors/testdata/typed.ts'
import { sinkBatch } from '#server/sdk/records.ts'
import { sinkRecord, sliceOf } from '#server/sdk/testing/sink-harness.ts'
import { sourceContext, take } from '#server/sdk/testing/source-harness.ts'

/** Copies as many lines as the argument says from the standard input to the standard output, then stops while it waits. */
const source = createSource(typed(sourceConfig, { topic: 'lines' }), sourceContext())
const sink = createSink(typed(sinkConfig, {}))
for (const [offset, record] of (await take(source, Number(process.argv[2]))).entries()) {
  if (record.sourcePartition !== null) throw new Error('the standard input has no offsets')
  await sink.put(sinkBatch([sliceOf([sinkRecord(offset, `${record.value}`)])]))
}
const abort = new AbortController()
const waiting = source.poll(abort.signal)
setImmediate(() => abort.abort())
if ((await waiting) !== null) throw new Error('there was more than expected')
await source[Symbol.asyncDispose]()
await sink[Symbol.asyncDispose]()
