import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One request to Kafka Connect 4.3.1 and what it answered. */
export interface RecordedStep {
  id: string
  scenario?: string
  cluster: 'two-workers' | 'standalone'
  worker?: 1 | 2
  method: string
  path: string
  headers?: Record<string, string>
  body?: string
  bodyBase64?: string
  /** The answer came after some repetitions. */
  repeatUntilMatch?: boolean
  status: number
  responseHeaders: Record<string, string>
  responseJson?: unknown
  responseText?: string
}

/** The project's own copy, or the folder of recordings that `SLUICE_ORACLE_DIR` names. */
const folder = process.env.SLUICE_ORACLE_DIR ?? join(import.meta.dirname, '../testdata')

export const readRecording = (file: string): RecordedStep[] =>
  readFileSync(join(folder, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parseExact(line) as RecordedStep)

/** JSON whose large integers stay apart: each is kept as its text. */
export function parseExact(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
      ? `integer ${context?.source}`
      : value,
  )
}
