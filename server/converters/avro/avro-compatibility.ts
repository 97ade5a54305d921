import { createRequire } from 'node:module'
import type { Type } from 'avsc'
import type { ParsedAvro } from '#server/converters/avro/parsed-avro.ts'
import { DataError } from '#server/sdk/data-error.ts'

const require = createRequire(import.meta.url)

/** Throws `DataError` when `latest` cannot read everything that is written under `written`. */
export function compatibleAvro(latest: ParsedAvro, written: ParsedAvro): void {
  try {
    avroType(latest).createResolver(avroType(written))
  } catch (cause) {
    throw new DataError('The latest schema of the subject cannot read what this schema writes', { cause })
  }
}

/** Only who asks for it pays for the library. */
function avroType({ text, references }: Pick<ParsedAvro, 'text' | 'references'>): Type {
  const { Type: types } = require('avsc') as typeof import('avsc')
  const registry: Record<string, Type> = {}
  const read = (schema: string) => types.forSchema(JSON.parse(schema), { registry, wrapUnions: true })
  for (const referred of references.values()) read(referred)
  return read(text)
}
