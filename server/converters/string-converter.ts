import { isUtf8 } from 'node:buffer'
import { text } from '#server/contract/config-field.ts'
import { asBuffer } from '#server/converters/as-buffer.ts'
import { converterType, kafkaVersion } from '#server/converters/converter-fields.ts'
import { copyTexts } from '#server/converters/text-column.ts'
import { asHeaderConverter, type Converter, type ConverterConfig, defineConverter } from '#server/sdk/converter.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { plain } from '#server/sdk/schema.ts'
import { isBytes, textForm, utf8 } from '#server/sdk/text-form.ts'

interface Encoding {
  encode(text: string): Buffer
  decode(bytes: Buffer): string
}

const replaced = (text: string, highest: number) =>
  [...text].map((character) => ((character.codePointAt(0) ?? 0) > highest ? '?' : character)).join('')

/** Half a character at the end is a replacement character, as Java's decoder makes one. */
function utf16(bytes: Buffer, bigEndian: boolean): string {
  const even = Buffer.from(bytes.subarray(0, bytes.length & ~1))
  const text = (bigEndian ? even.swap16() : even).toString('utf16le').toWellFormed()
  return even.length < bytes.length ? `${text}\ufffd` : text
}

/** The character sets that every Java platform has. */
const encodings: Record<string, Encoding> = {
  'UTF-8': { encode: utf8, decode: (bytes) => bytes.toString('utf8') },
  'ISO-8859-1': {
    encode: (value) => Buffer.from(replaced(value, 0xff), 'latin1'),
    decode: (bytes) => bytes.toString('latin1'),
  },
  'US-ASCII': {
    encode: (value) => Buffer.from(replaced(value, 0x7f), 'latin1'),
    decode: (bytes) => bytes.toString('latin1').replace(/[\x80-\xff]/g, '\ufffd'),
  },
  'UTF-16BE': {
    encode: (value) => Buffer.from(value, 'utf16le').swap16(),
    decode: (bytes) => utf16(bytes, true),
  },
  'UTF-16LE': { encode: (value) => Buffer.from(value, 'utf16le'), decode: (bytes) => utf16(bytes, false) },
  'UTF-16': {
    encode: (value) => (value === '' ? Buffer.alloc(0) : Buffer.from(`\ufeff${value}`, 'utf16le').swap16()),
    decode: (bytes) => {
      const marked =
        bytes.length >= 2 && ((bytes[0] === 0xfe && bytes[1] === 0xff) || (bytes[0] === 0xff && bytes[1] === 0xfe))
      return utf16(marked ? bytes.subarray(2) : bytes, !marked || bytes[0] === 0xfe)
    },
  },
}
const aliases: Record<string, string> = {
  UTF8: 'UTF-8',
  ASCII: 'US-ASCII',
  LATIN1: 'ISO-8859-1',
  'ISO8859-1': 'ISO-8859-1',
}

function encodingOf(config: ConverterConfig): { name: string; use: Encoding } {
  const given = config['converter.encoding']?.trim() || 'UTF-8'
  const upper = given.toUpperCase()
  const name = aliases[upper] ?? upper
  const use = encodings[name]
  if (!use) throw new DataError(`Unsupported encoding ${given}`)
  return { name, use }
}

function createStringConverter(config: ConverterConfig): Converter {
  const { name, use } = encodingOf(config)
  const converter: Converter = {
    total: true,
    fromConnectData(_topic, schema, value) {
      if (value === null) return null
      // I14: Java writes an object's address here.
      if (isBytes(value)) throw new DataError('StringConverter cannot represent a byte array')
      return use.encode(textForm(value, schema))
    },
    toConnectData(_topic, bytes) {
      return { schema: plain.optionalString, value: bytes === null ? null : use.decode(asBuffer(bytes)) }
    },
  }
  return name === 'UTF-8' ? { ...converter, writeTexts, readTexts: (column) => copyTexts(column) } : converter
}

const writeTexts: NonNullable<Converter['writeTexts']> = (batch, from, timestamp, writer) => {
  const { bytes, starts, ends, count } = batch
  // Between two texts lie only line ends, so the whole stretch is valid exactly when every text is.
  const allValid = isUtf8(bytes.subarray(starts[from], ends[count - 1]))
  for (let i = from; i < count; i++) {
    const start = starts[i] ?? 0
    const end = ends[i] ?? 0
    const written =
      allValid || isUtf8(bytes.subarray(start, end))
        ? writer.appendText(timestamp, bytes, start, end)
        : appendRepaired(bytes.toString('utf8', start, end))
    if (!written) return i - from
  }
  return count - from

  function appendRepaired(repaired: string) {
    const encoded = Buffer.from(repaired, 'utf8')
    return writer.appendText(timestamp, encoded, 0, encoded.length)
  }
}

export const stringConverter = defineConverter({
  class: 'org.apache.kafka.connect.storage.StringConverter',
  version: kafkaVersion,
  config: {
    'converter.type': converterType,
    'converter.encoding': text({
      doc: 'The name of the Java character set to use for encoding strings as byte arrays.',
      importance: 'high',
      default: 'UTF-8',
      width: 'MEDIUM',
      displayName: 'Encoding',
    }),
  },
  converter: createStringConverter,
  headerConverter: (config) => asHeaderConverter(createStringConverter(config)),
})
