import { ConnectError } from '#server/contract/errors.ts'
import { type GivenRecord, mostPreviewed, type PreviewRequest, usuallyPreviewed } from '#server/contract/preview.ts'
import { configIn, objectIn, onlyKnown, parseText, type RequestBody } from '#server/rest/request-bodies.ts'

/** The body of a preview: `config`, and if wanted `limit` and `records`. */
export function readPreviewRequest(body: RequestBody): PreviewRequest {
  const json = objectIn(parseText(body), 'the body')
  onlyKnown(json, ['config', 'limit', 'records'])
  const records = json.records ?? undefined
  return {
    config: configIn(json.config, 'config'),
    limit: limitIn(json.limit),
    ...(records !== undefined && { records: recordsIn(records) }),
  }
}

function limitIn(value: unknown): number {
  if (value === undefined || value === null) return usuallyPreviewed
  // Numbers of a body are read as their text.
  const limit = Number(value)
  if (Number.isInteger(limit) && limit >= 1 && limit <= mostPreviewed) return limit
  throw bad(`'limit' has to be a whole number from 1 to ${mostPreviewed}, not ${String(value)}.`)
}

function recordsIn(value: unknown): GivenRecord[] {
  if (!Array.isArray(value)) throw bad("'records' has to be a list.")
  if (value.length > mostPreviewed) throw bad(`'records' has more than ${mostPreviewed} records.`)
  return value.map((item) => {
    const record = objectIn(item, 'a record')
    onlyKnown(record, ['topic', 'key', 'value', 'headers', 'timestamp'])
    const topic = textIn(record.topic, 'topic')
    const timestamp = record.timestamp ?? null
    if (timestamp !== null && !Number.isInteger(Number(timestamp))) {
      throw bad("'timestamp' has to be a whole number of milliseconds.")
    }
    return {
      ...(topic !== null && { topic }),
      key: textIn(record.key, 'key'),
      value: textIn(record.value, 'value'),
      headers: headersIn(record.headers),
      timestamp: timestamp === null ? null : Number(timestamp),
    }
  })
}

function headersIn(value: unknown): { name: string; value: string | null }[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw bad("'headers' has to be a list.")
  return value.map((item) => {
    const header = objectIn(item, 'a header')
    onlyKnown(header, ['name', 'value'])
    const name = textIn(header.name, 'name')
    if (name === null) throw bad("A header needs a 'name'.")
    return { name, value: textIn(header.value, 'value') }
  })
}

function textIn(value: unknown, what: string): string | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'string') return value
  throw bad(`'${what}' has to be a text.`)
}

const bad = (message: string) => new ConnectError('BAD_REQUEST', message)
