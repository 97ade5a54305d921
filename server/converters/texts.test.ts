import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { byteArrayConverter } from '#server/converters/byte-array-converter.ts'
import { jsonConverter } from '#server/converters/json-converter.ts'
import { stringConverter } from '#server/converters/string-converter.ts'
import { createBatchBuilder } from '#server/protocol/batch-builder.ts'
import { noProducer, readBatches, sealBatch } from '#server/protocol/record-batch.ts'
import type { ByteColumn, Converter, ConverterPlugin } from '#server/sdk/converter.ts'
import { type TextBatch, textRecord } from '#server/sdk/records.ts'

const json = (config: Record<string, string>) => ({ plugin: jsonConverter, config })
const content = '{"type":"string","optional":true}'
const writers = [{ plugin: stringConverter, config: {} }, json({}), json({ 'schemas.enable': 'false' })]
const readers = [...writers, { plugin: byteArrayConverter, config: {} }, json({ 'schema.content': content })]

function create({ plugin, config }: { plugin: ConverterPlugin; config: Record<string, string> }): Converter {
  const made = plugin.converter?.(config, false)
  if (!made) throw new Error('no converter')
  return made
}

const name = ({ plugin, config }: { plugin: ConverterPlugin; config: Record<string, string> }) =>
  `${plugin.class.split('.').at(-1)} ${JSON.stringify(config)}`

/** Lines as a file holds them, at any place of a larger memory. */
function batchOf(lines: readonly Uint8Array[], offset: number, lineEnd: string): TextBatch {
  const all = lines.flatMap((line) => [line, Buffer.from(lineEnd)])
  const memory = Buffer.concat([Buffer.alloc(offset, 0xff), ...all])
  const bytes = memory.subarray(offset)
  const starts = new Int32Array(lines.length)
  const ends = new Int32Array(lines.length)
  let at = 0
  lines.forEach((line, i) => {
    starts[i] = at
    ends[i] = at + line.length
    at += line.length + lineEnd.length
  })
  return {
    kind: 'text',
    topic: 't',
    sourcePartition: null,
    bytes,
    count: lines.length,
    starts,
    ends,
    offsetAt: () => null,
  }
}

function writtenValues(converter: Converter, batch: TextBatch, slabBytes: number): string[] {
  const values: string[] = []
  for (let from = 0; from < batch.count; ) {
    const builder = createBatchBuilder(Buffer.alloc(slabBytes))
    const written = converter.writeTexts?.(batch, from, 1, builder) ?? 0
    if (written === 0) throw new Error('a text is larger than the slab')
    for (const sealed of readBatches(sealBatch(builder.frame(), noProducer), { verifyCrc: true })) {
      const index = sealed.index()
      for (let i = 0; i < index.count; i++) values.push(Buffer.from(index.value(i) ?? []).toString('latin1'))
    }
    from += written
  }
  return values
}

/** Without the line ends, which are no part of a line; often of plain characters, now and then of anything. */
const line = fc
  .oneof(
    { weight: 4, arbitrary: fc.string({ unit: 'grapheme-ascii', maxLength: 60 }).map((text) => Buffer.from(text)) },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }).map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)) },
  )
  .map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 10 && byte !== 13)))

describe.each(writers)('texts written at once by $plugin.class', (made) => {
  test(`are what every text alone becomes: ${name(made)}`, () => {
    const converter = create(made)
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 30 }),
        fc.nat(9),
        fc.constantFrom('\n', '\r\n'),
        fc.constantFrom(700, 4096),
        (lines, offset, lineEnd, slabBytes) => {
          const batch = batchOf(lines, offset, lineEnd)
          const alone = lines.map((_, i) => {
            const { valueSchema = null, value } = textRecord(batch, i)
            return Buffer.from(converter.fromConnectData('t', valueSchema, value) ?? []).toString('latin1')
          })
          expect(writtenValues(converter, batch, slabBytes)).toEqual(alone)
        },
      ),
      { numRuns: 500 },
    )
  })
})

/** Values as they lie in a fetched batch, with something between them. */
function columnOf(values: readonly (Uint8Array | null)[], from: number): ByteColumn {
  const bytes = Buffer.concat(values.flatMap((value) => [Buffer.from('##"'), value ?? Buffer.alloc(0)]))
  const valueAt = new Int32Array(values.length)
  const valueLength = new Int32Array(values.length)
  let at = 0
  values.forEach((value, i) => {
    valueAt[i] = at + 3
    valueLength[i] = value ? value.length : -1
    at += 3 + (value?.length ?? 0)
  })
  return { bytes, from, to: values.length, valueAt, valueLength }
}

const envelope = (schema: string) => (text: string) => `{"schema":${schema},"payload":${text}}`
const envelopes: readonly ((text: string) => string)[] = [
  envelope('{"type":"string","optional":false}'),
  envelope('{"type":"string","optional":true}'),
  envelope('{"type":"string"}'),
  (text: string) => text,
]

/** Mostly what a converter wrote, now and then something that only looks like it. */
const values = fc.constantFrom(...envelopes).chain((wrap) =>
  fc.array(
    fc.oneof(
      { weight: 20, arbitrary: line.map((bytes) => Buffer.from(wrap(JSON.stringify(bytes.toString('utf8'))))) },
      {
        weight: 1,
        arbitrary: line.map((bytes) =>
          Buffer.concat([Buffer.from(wrap('"').replace(/\}$/, '')), bytes, Buffer.from('"}')]),
        ),
      },
      { weight: 1, arbitrary: line.map((bytes) => Buffer.from(wrap(`"${bytes.toString('latin1')}"`), 'latin1')) },
      {
        weight: 1,
        arbitrary: fc
          .constantFrom(']', ' ', '}', ',')
          .map((end) => Buffer.from(wrap('"ends oddly"').slice(0, -1) + end)),
      },
      { weight: 1, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: line.map((bytes) => Buffer.from(bytes)) },
    ),
    { minLength: 1, maxLength: 6 },
  ),
)

describe.each(readers)('texts read at once by $plugin.class', (made) => {
  test(`are what every value alone becomes, or none is read: ${name(made)}`, () => {
    const converter = create(made)
    fc.assert(
      fc.property(values, fc.nat(2), (list, skip) => {
        const from = Math.min(skip, list.length - 1)
        const texts = converter.readTexts?.(columnOf(list, from))
        if (!texts) return
        expect(texts.count).toBe(list.length - from)
        for (let i = 0; i < texts.count; i++) {
          const { value } = converter.toConnectData('t', list[from + i] ?? null)
          const text = texts.bytes.subarray(texts.starts[i], texts.ends[i])
          expect(text.toString('latin1')).toBe(Buffer.from(value as string, 'utf8').toString('latin1'))
          expect(texts.bytes[texts.ends[i] ?? -1]).toBe(10)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test(`are read whenever they are plain: ${name(made)}`, () => {
    const converter = create(made)
    const isJson = made.plugin === jsonConverter
    const wrap = isJson && Object.keys(made.config).length === 0 ? envelopes[0] : isJson ? envelopes[3] : undefined
    const lines = ['', 'plain', 'ä中', '😀 beyond', 'x'.repeat(300)]
    const texts = converter.readTexts?.(
      columnOf(
        lines.map((text) => Buffer.from(wrap ? wrap(`"${text}"`) : text)),
        0,
      ),
    )
    expect(texts?.bytes.toString()).toBe(lines.map((text) => `${text}\n`).join(''))
  })
})
