import type { CliCommand, CliInput, CliTools } from '#server/cli/cli-command.ts'
import { UsageError } from '#server/cli/parse-command-line.ts'
import { collectLogs } from '#server/console/collect-logs.ts'
import { type LogLevel, type LogLine, logLevels } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { LogQuery } from '#server/contract/herder.ts'

const lookAgainMs = 500

/** `sluice logs NAME -f`: what all workers remember of a connector, and what they add. */
export const logs: CliCommand = {
  summary: 'prints the log lines of a connector from all workers',
  words: ['<name>'],
  options: {
    follow: { type: 'boolean', short: 'f', doc: 'Goes on printing new lines until Ctrl-C.' },
    level: { type: 'string', doc: `This level and worse: ${logLevels.join(', ')}.` },
    task: { type: 'string', doc: 'Only lines of this task.' },
    limit: { type: 'string', doc: 'At most this many of the newest. Default: 100.' },
  },
  async run(input, tools) {
    const query = queryOf(input)
    const lines = await ask(tools, query)
    if (!input.flag('follow')) return { data: lines, text: lines.map(format).join('\n') || 'No log lines.' }
    await follow(input, tools, query, lines)
    return undefined
  },
}

async function follow(input: CliInput, tools: CliTools, query: LogQuery, first: LogLine[]): Promise<void> {
  const write = input.flag('json') ? (line: LogLine) => JSON.stringify(line) : format
  /** A line is known by its worker and number: workers number their own, and clocks differ. */
  const printed = new Set<string>()
  for (let lines = first; ; lines = await ask(tools, { ...query, limit: 1_000 })) {
    for (const line of lines) {
      const id = `${line.worker} ${line.id}`
      if (printed.has(id)) continue
      printed.add(id)
      tools.print(write(line))
    }
    await tools.clock.sleep(lookAgainMs, tools.signal)
    if (tools.signal.aborted) return
  }
}

async function ask(tools: CliTools, query: LogQuery): Promise<LogLine[]> {
  const lines = await collectLogs(tools, query)
  if (lines) return lines
  throw new ConnectError(
    'UNSUPPORTED',
    'The workers of this cluster remember no log lines: they are not run by Sluice.',
  )
}

function queryOf(input: CliInput): LogQuery {
  const [connector = ''] = input.words
  const level = input.text('level')?.toUpperCase()
  if (level !== undefined && !isLevel(level)) {
    throw new UsageError(`--level is "${level}", but must be one of ${logLevels.join(', ')}.`)
  }
  const task = whole(input, 'task')
  return {
    connector,
    limit: whole(input, 'limit') ?? 100,
    ...(level !== undefined && { level }),
    ...(task !== undefined && { task }),
  }
}

const isLevel = (text: string): text is LogLevel => logLevels.some((level) => level === text)

function whole(input: CliInput, option: string): number | undefined {
  const text = input.text(option)
  if (text === undefined || /^\d{1,9}$/.test(text)) return text === undefined ? undefined : Number(text)
  throw new UsageError(`--${option} is "${text}", but must be a whole number.`)
}

function format({ at, level, worker, task, message, trace }: LogLine): string {
  const who = task === undefined ? worker : `${worker} task-${task}`
  const head = `${new Date(at).toISOString()} ${level.padEnd(5)} [${who}] ${message}`
  return trace === undefined ? head : `${head}\n${trace.replace(/^/gm, '    ')}`
}
