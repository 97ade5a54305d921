import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkOffsets } from '#server/connectors/file/alter-offsets.ts'
import { sinkConfig, sourceConfig } from '#server/connectors/file/config.ts'
import { fileSink, fileSource } from '#server/connectors/file/connector.ts'
import { createTask as createSink } from '#server/connectors/file/sink.ts'
import { createTask as createSource, exactlyOnceSupport } from '#server/connectors/file/source.ts'
import { temporaryFolder } from '#server/connectors/file/testdata/folder.ts'
import {
  type RecordedSchema,
  type RecordedValue,
  readOffset,
  readSchema,
  readValue,
} from '#server/connectors/file/testdata/recorded-value.ts'
import { typed } from '#server/connectors/testdata/typed.ts'
import { systemClock } from '#server/contract/clock.ts'
import type { ConnectorOffset } from '#server/contract/connector.ts'
import { createScrubber } from '#server/observe/scrubber.ts'
import { createThreadConfigs } from '#server/runtime/pool/thread-configs.ts'
import { createThreadConnectors } from '#server/runtime/pool/thread-connectors.ts'
import { createThreadPlugins } from '#server/runtime/pool/thread-plugins.ts'
import { type OffsetMap, type SourceRecord, sinkBatch } from '#server/sdk/records.ts'
import { quietLogger } from '#server/sdk/testing/quiet-logger.ts'
import { sinkRecord, sliceOf } from '#server/sdk/testing/sink-harness.ts'
import { recordsOf, sourceContext } from '#server/sdk/testing/source-harness.ts'

/** What the file connectors of Apache Kafka 4.3.1 answered; each line is a case. */
interface Recorded {
  id: string
  group: 'fileSource' | 'fileSink' | 'fileSourceConnector' | 'fileSinkConnector'
  op?: string
  config: Record<string, string>
  error?: { message: string; portable: boolean }
}

interface RecordedSource extends Recorded {
  storedOffset: RecordedValue
  steps: { do: 'write' | 'append' | 'replace' | 'delete' | 'mkdir' | 'poll'; bytes?: string }[]
  out?: (null | RecordedSourceRecord[] | { error: { message: string } } | { hangs: true })[]
}

interface RecordedSourceRecord {
  topic: string
  value: { value: string }
  sourcePartition: RecordedValue
  sourceOffset: RecordedValue
}

interface RecordedSink extends Recorded {
  existing: string | null
  in: { schema: RecordedSchema | null; value: RecordedValue }[]
  out?: { bytes?: string; textMasked?: string }
}

interface RecordedAlter extends Recorded {
  offsets: { map: [RecordedValue, RecordedValue][] }
  out?: boolean
}

/** The project's own copy, or the folder of recordings that `SLUICE_ORACLE_DIR` names. */
const recordings = process.env.SLUICE_ORACLE_DIR
  ? join(process.env.SLUICE_ORACLE_DIR, 'files.jsonl')
  : join(import.meta.dirname, 'testdata/recorded.jsonl')
const recorded = readFileSync(recordings, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded)

const casesOf = <T extends Recorded>(group: Recorded['group']) =>
  recorded.filter((each): each is T => each.group === group)

/** Where the source differs from Kafka's, and why. */
const sourceDiffers: Record<string, string> = {
  'file/source/batch-3': 'lines that are read already are given without waiting for more',
  'file/source/cfg-batch-0': 'lines that are read already are given without waiting for more',
  'file/source/split-utf8': 'positions are bytes',
  'file/source/bom': 'positions are bytes',
  'file/source/rotated': 'a file in the place of another is read',
  'file/source/resume-past-end': 'a position behind the end starts over in place of hanging',
  'file/source/resume-double': 'a whole number is one, with or without a point',
}

/** Where the sink differs, and why. */
const sinkDiffers: Record<string, string> = {
  'file/sink/opt-bytes': 'bytes are written as they are, not as the hash of an object',
  'file/sink/bytes': 'bytes are written as they are, not as the hash of an object',
  'file/sink/sl-14': 'bytes are written as they are, not as the hash of an object',
  'file/sink/struct-all': 'bytes inside a struct are base64, not the hash of an object',
  'file/sink/mm-f64-int': 'a number under FLOAT64 is one, whatever made it',
  'file/sink/sl-11': 'without a schema there are no floats, only doubles',
}

/** Values that cannot come to be here: a date outside JavaScript's range, a struct without a required field, a Java object. */
const impossible = new Set(['file/sink/ts-max', 'file/sink/struct-missing-req', 'file/sink/sl-33'])

describe('the file source answers as Kafka Connect did', () => {
  test.each(casesOf<RecordedSource>('fileSource'))('$id', async (each) => {
    await using folder = temporaryFolder()
    const file = folder.path(each.config.file ?? '')
    if (each.error) {
      expect(() => typed(sourceConfig, each.config)).toThrow(each.error.message)
      return
    }
    const named = readOffset(each.storedOffset) as OffsetMap | null
    const stored = new Map([[JSON.stringify({ filename: file }), named]])
    const task = createSource(typed(sourceConfig, { ...each.config, file }), sourceContext({ stored }))
    const answers: unknown[] = []
    try {
      for (const step of each.steps) {
        if (step.do === 'poll') answers.push(await answerOf(task, file, each, answers.length))
        else change(file, step.do, Buffer.from(step.bytes ?? '', 'base64'))
      }
    } finally {
      await task[Symbol.asyncDispose]()
    }
    if (each.id in sourceDiffers) expect(answers).not.toEqual(expectedAnswers(each))
    else expect(answers).toEqual(expectedAnswers(each))
  })

  let startedFor: object | undefined
  async function answerOf(task: ReturnType<typeof createSource>, file: string, each: RecordedSource, at: number) {
    try {
      if (startedFor !== task) await task.start?.()
      startedFor = task
      const abort = new AbortController()
      const poll = task.poll(abort.signal)
      await Promise.race([poll, new Promise((resolve) => setTimeout(resolve, patienceMs(each, at)))])
      abort.abort()
      const records = recordsOf(await poll)
      return records.length === 0 ? null : records.map((record) => plainly(record, file, each))
    } catch (error) {
      return { error: (error as Error).message }
    }
  }
})

function plainly({ topic, value, sourcePartition, sourceOffset }: SourceRecord, file: string, each: Recorded) {
  const name = sourcePartition?.filename === file ? each.config.file : sourcePartition?.filename
  return { topic, value, sourcePartition: { filename: name }, sourceOffset }
}

/** Nothing is told by its not coming, so what ought to come is waited for. */
const patienceMs = (each: RecordedSource, at: number): number =>
  each.id in sourceDiffers ? 500 : expectedAnswers(each)[at] ? 5_000 : 30

const expectedAnswers = ({ out = [] }: RecordedSource) =>
  out.map((answer) => {
    if (answer === null || 'hangs' in answer) return answer
    if ('error' in answer) return { error: answer.error.message }
    return answer.map(({ topic, value, sourcePartition, sourceOffset }) => ({
      topic,
      value: value.value,
      sourcePartition: readOffset(sourcePartition),
      sourceOffset: readOffset(sourceOffset),
    }))
  })

function change(file: string, how: string, bytes: Buffer) {
  if (how === 'mkdir') mkdirSync(file)
  if (how === 'delete' || how === 'replace') rmSync(file)
  if (how === 'write' || how === 'replace') writeFileSync(file, bytes)
  if (how === 'append') appendFileSync(file, bytes)
}

describe('the file sink writes what Kafka Connect wrote', () => {
  const possible = casesOf<RecordedSink>('fileSink').filter(({ id }) => !impossible.has(id))
  test.each(possible)('$id', async (each) => {
    await using folder = temporaryFolder()
    const file = folder.path(each.config.file ?? '')
    if (each.existing !== null) writeFileSync(file, Buffer.from(each.existing, 'base64'))
    await using task = createSink(typed(sinkConfig, { ...each.config, file }))
    if (each.error) {
      const message = each.error.message.replace(each.config.file ?? '', file)
      await expect(Promise.resolve(task.start?.())).rejects.toThrow(message)
      return
    }
    await task.start?.()
    const records = each.in.map((given, offset) => {
      const schema = readSchema(given.schema)
      return sinkRecord(offset, { schema, value: readValue(given.value, schema) })
    })
    await task.put(sinkBatch([sliceOf(records)]))
    await task.flush?.([])
    const written = readFileSync(file, 'utf8')
    const expected = Buffer.from(each.out?.bytes ?? '', 'base64').toString()
    if (each.id in sinkDiffers) expect(written).not.toBe(expected)
    else expect(written).toBe(expected)
  })
})

describe('offsets are accepted and refused as Kafka Connect did', () => {
  const cases = casesOf<RecordedAlter>('fileSourceConnector').filter(({ op }) => op === 'alterOffsets')
  test.each(cases)('$id', ({ config, offsets, out, error }) => {
    const given = offsets.map.map(([partition, offset]) => ({
      partition: readOffset(partition),
      offset: readOffset(offset),
    })) as ConnectorOffset[]
    if (error) expect(() => checkOffsets(config, given)).toThrow(error.message)
    else expect(checkOffsets(config, given)).toBe(out)
  })
})

describe('a connector is asked for its tasks, and for exactly-once, as Kafka Connect did', () => {
  interface RecordedCall extends Recorded {
    maxTasks: number
    out?: unknown
  }
  const called = [
    ...casesOf<RecordedCall>('fileSourceConnector').map((each) => ({ ...each, plugin: fileSource })),
    ...casesOf<RecordedCall>('fileSinkConnector').map((each) => ({ ...each, plugin: fileSink })),
  ]
  /** Runs a connector on a thread's own terms; `tasks.max` below 1 does not get that far. */
  async function taskConfigsOf({ config, maxTasks, plugin }: (typeof called)[number]) {
    const catalog = { connectors: [plugin], converters: [], transforms: [], predicates: [], providers: [] }
    const connectors = createThreadConnectors({
      plugins: createThreadPlugins(catalog),
      configs: createThreadConfigs({
        ...{ providers: [], worker: {}, scrubber: createScrubber(), isPassword: () => false, onStale: () => undefined },
        ...{ clock: systemClock, logger: quietLogger },
      }),
      tell: () => undefined,
      during: async (_stage, hook) => await hook(),
      logger: quietLogger,
    })
    const own = { ...config, 'connector.class': plugin.class, 'tasks.max': `${maxTasks}` }
    await connectors.startConnector('c', own, 'STARTED')
    const { configs } = await connectors.taskConfigs('c')
    return configs.map(({ 'connector.class': _, 'tasks.max': __, ...rest }) => ({
      ...rest,
      ...(config['connector.class'] !== undefined && { 'connector.class': config['connector.class'] }),
    }))
  }

  const askable = called.filter(({ op, maxTasks }) => op === 'taskConfigs' && maxTasks > 0)
  test.each(askable)('$id', async (each) => {
    if (each.error) await expect(taskConfigsOf(each)).rejects.toThrow(each.error.message)
    else expect(await taskConfigsOf(each)).toEqual(each.out)
  })

  test.each(called.filter(({ op }) => op === 'exactlyOnceSupport'))('$id', ({ config, plugin, out, error }) => {
    const asked = () => {
      typed(plugin.config, config)
      return exactlyOnceSupport(config)
    }
    if (error) expect(asked).toThrow(error.message)
    else expect(asked()).toBe(out)
  })
})
