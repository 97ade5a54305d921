import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { byteArrayConverter } from '#server/converters/byte-array-converter.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { encodeBatch, readBatches } from '#server/protocol/record-batch.ts'
import { convertFetched } from '#server/runtime/task/sink-conversion.ts'
import { stringConverters } from '#server/runtime/task/test-tree/source-bench.ts'
import { createTolerance } from '#server/runtime/task/tolerance.ts'
import { ConversionPending } from '#server/sdk/conversion-pending.ts'
import type { Converter } from '#server/sdk/converter.ts'
import { DataError, RetriableError } from '#server/sdk/data-error.ts'
import type { SinkBatch } from '#server/sdk/records.ts'

const { signal } = new AbortController()

/** Knows a value's first byte only after it has asked for it; `ask` is what asking does. */
function askingConverter(ask: (what: number) => void) {
  const known = new Set<number>()
  const seen: string[] = []
  const bytes = byteArrayConverter.converter?.({}, false) as Converter
  const converter: Converter = {
    ...bytes,
    toConnectData(topic, raw) {
      const text = Buffer.from(raw ?? []).toString()
      seen.push(text)
      const what = raw?.[0] ?? 0
      if (text === 'bad') throw new DataError('bad')
      if (known.has(what)) return bytes.toConnectData(topic, raw)
      throw new ConversionPending('asking', async () => {
        ask(what)
        known.add(what)
      })
    },
  }
  return { converter, seen }
}

function partOf(texts: readonly string[], partition: number) {
  const bytes = encodeBatch(
    texts.map((text) => ({ key: null, value: Buffer.from(text) })),
    { timestamp: 1 },
  )
  const batches = [...readBatches(bytes, { verifyCrc: true })]
  return { topic: 't', partition, highWatermark: 9, batches, startOffset: 0, nextOffset: texts.length }
}

/** Of one list of texts a partition. */
function conversionOf(texts: string[] | string[][], value: Converter, config = {}) {
  const parts = (Array.isArray(texts[0]) ? (texts as string[][]) : [texts as string[]]).map(partOf)
  const reports: string[] = []
  const logger = { ...quietLogger, error: (message: string) => void reports.push(message) }
  const tolerance = createTolerance({
    taskName: 't-0',
    config: { 'errors.log.enable': 'true', ...config },
    record: () => undefined,
    clock: systemClock,
    logger,
  })
  const converters = { ...stringConverters(), value }
  return { reports, conversion: convertFetched(parts, { converters, tolerance, takesTexts: false }, systemClock) }
}

test('a converter asks once for what it does not know, however many records need it', async () => {
  const asked: number[] = []
  const { converter } = askingConverter((what) => asked.push(what))
  const { conversion } = conversionOf(['a1', 'a2', 'b1', 'a3', 'b2'], converter)
  const batch = await conversion.batch(signal)
  expect([...(batch ?? [])].map(({ value }) => Buffer.from(value as Uint8Array).toString())).toEqual([
    'a1',
    'a2',
    'b1',
    'a3',
    'b2',
  ])
  expect(asked).toEqual([97, 98])
  expect(await conversion.batch(signal)).toBe(batch)
})

test('a conversion that could not ask goes on where it stopped, and reports no record twice', async () => {
  let away = true
  const { converter, seen } = askingConverter(() => {
    if (away) throw new RetriableError('away')
  })
  const { conversion, reports } = conversionOf(['bad', 'a1', 'a2'], converter, { 'errors.tolerance': 'all' })
  await expect(conversion.batch(signal)).rejects.toThrow('away')
  await expect(conversion.batch(signal)).rejects.toThrow('away')
  away = false
  expect((await conversion.batch(signal))?.count).toBe(2)
  expect(seen).toEqual(['bad', 'a1', 'a1', 'a2'])
  expect(reports).toHaveLength(1)
})

test('waiting for an answer is no failure that a tolerance may swallow', async () => {
  const { converter } = askingConverter(() => {
    throw new Error('401')
  })
  const { conversion, reports } = conversionOf(['a'], converter, { 'errors.tolerance': 'all' })
  await expect(conversion.batch(signal)).rejects.toThrow('401')
  expect(reports).toEqual([])
})

const textsOf = (batch: SinkBatch | undefined) =>
  [...(batch ?? [])].map(({ value }) => Buffer.from(value as Uint8Array).toString())

test('what is withdrawn is left out, the rest is not looked at again', async () => {
  const { converter, seen } = askingConverter(() => undefined)
  const { conversion } = conversionOf([['a1'], ['b1'], ['c1']], converter)
  expect(textsOf(await conversion.batch(signal))).toEqual(['a1', 'b1', 'c1'])
  const looks = seen.length
  conversion.withdraw([{ topic: 't', partition: 1 }])
  expect(textsOf(await conversion.batch(signal))).toEqual(['a1', 'c1'])
  expect(conversion.fetched.map(({ partition }) => partition)).toEqual([0, 2])
  expect(seen).toHaveLength(looks)
})

test('a partition that is withdrawn while its converter cannot ask holds the others up no longer', async () => {
  const { converter } = askingConverter((what) => {
    if (what === 98) throw new RetriableError('away')
  })
  const { conversion } = conversionOf([['a1'], ['b1'], ['c1']], converter)
  await expect(conversion.batch(signal)).rejects.toThrow('away')
  conversion.withdraw([{ topic: 't', partition: 1 }])
  expect(textsOf(await conversion.batch(signal))).toEqual(['a1', 'c1'])
})
