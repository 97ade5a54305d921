import { createRequire } from 'node:module'
import type { ValidateFunction } from 'ajv'
import { DataError } from '#server/sdk/data-error.ts'

const require = createRequire(import.meta.url)

/**
 * What checks values against a JSON schema of draft 7 or older; throws `DataError` in the words of the validator. Integers
 * beyond 2^53 are checked as the nearest FLOAT64.
 */
export function jsonSchemaCheck(text: string, references: ReadonlyMap<string, string>): (json: string) => void {
  const validate = compile(text, references)
  return (json) => {
    if (validate(JSON.parse(json))) return
    const [error] = validate.errors ?? []
    throw new DataError(
      `The value breaks its JSON schema: ${error?.instancePath || 'it'} ${error?.message ?? 'is invalid'}`,
    )
  }
}

/** Only who asks for it pays for the library. */
function compile(text: string, references: ReadonlyMap<string, string>): ValidateFunction {
  const { Ajv } = require('ajv') as typeof import('ajv')
  const addFormats = require('ajv-formats') as typeof import('ajv-formats').default
  try {
    // Connect's own words stand in the schema, too.
    const ajv = new Ajv({ strict: false, allErrors: false, validateSchema: false })
    addFormats(ajv)
    for (const [name, referred] of references) ajv.addSchema(JSON.parse(referred), name)
    return ajv.compile(JSON.parse(text))
  } catch (cause) {
    throw new DataError('The JSON schema cannot be checked with', { cause })
  }
}
