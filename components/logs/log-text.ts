import { aboutWhom } from '#components/logs/event-look.ts'
import type { EventEntry } from '#server/contract/events.ts'

/** Log lines as a file has them: the exact time, level, place and message, with the trace beneath. */
export const logText = (lines: readonly EventEntry[]): string =>
  lines
    .map((line) => {
      const where = [line.worker, aboutWhom(line)].filter(Boolean).join(' ')
      const code = line.code ? ` [${line.code}]` : ''
      const trace = line.trace ? `\n${line.trace.trimEnd()}` : ''
      return `${new Date(line.at).toISOString()} ${line.level} ${where} ${line.message}${code}${trace}\n`
    })
    .join('')
