import type { CliCommand, CliInput, CliTools } from '#server/cli/cli-command.ts'
import { needConnectors } from '#server/cli/connector-states.ts'
import { UsageError } from '#server/cli/parse-command-line.ts'
import { collectEvents } from '#server/console/collect-events.ts'
import { type LogLevel, logLevels } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { type EventEntry, type EventFilter, type EventQuery, mostEvents } from '#server/contract/events.ts'

const lookAgainMs = 500

/** `sluice logs NAME -f`: what a connector and its tasks logged, on whatever worker, and what they add. */
export const logs: CliCommand = {
  summary: 'prints the log lines of a connector from all workers',
  words: ['<name>'],
  options: {
    follow: { type: 'boolean', short: 'f', doc: 'Goes on printing new lines until Ctrl-C.' },
    level: { type: 'string', doc: `This level and worse: ${logLevels.join(', ')}.` },
    text: { type: 'string', doc: 'Only lines with this text, in any letter case.' },
    task: { type: 'string', doc: 'Only lines of this task.' },
    worker: { type: 'string', doc: 'Only lines of this worker, as host:port.' },
    limit: { type: 'string', doc: 'At most this many of the newest, up to 1000. Default: 100.' },
  },
  async run(input, tools) {
    const query = queryOf(input)
    const { entries, origin } = await ask(tools, query)
    // A connector that was deleted may have left lines; without any it may never have been there.
    if (entries.length === 0) await needConnectors(tools.herder, input.words)
    if (!input.flag('follow')) return { data: entries, text: entries.map(format).join('\n') || 'No log lines.' }
    const print = (entry: EventEntry) => tools.print(input.flag('json') ? JSON.stringify(entry) : format(entry))
    entries.forEach(print)
    if (origin === 'topic') await follow(tools, query, entries.at(-1)?.id, print)
    else await lookAgain(tools, query, entries, print)
    return undefined
  },
}

async function follow(
  tools: CliTools,
  { limit: _, ...filter }: EventQuery,
  after: string | undefined,
  print: (entry: EventEntry) => void,
): Promise<void> {
  for await (const entry of tools.herder.followEvents(filter, after, tools.signal)) print(entry)
}

/** Workers that remember each for itself are asked again and again: clocks differ, so a line is known by worker and id. */
async function lookAgain(
  tools: CliTools,
  query: EventQuery,
  first: readonly EventEntry[],
  print: (entry: EventEntry) => void,
): Promise<void> {
  const nameOf = ({ worker, id }: EventEntry) => `${worker} ${id}`
  const printed = new Set(first.map(nameOf))
  for (;;) {
    await tools.clock.sleep(lookAgainMs, tools.signal)
    if (tools.signal.aborted) return
    for (const entry of (await ask(tools, { ...query, limit: mostEvents })).entries) {
      if (printed.has(nameOf(entry))) continue
      printed.add(nameOf(entry))
      print(entry)
    }
  }
}

async function ask(tools: CliTools, query: EventQuery) {
  const page = await collectEvents(tools, query)
  if (page) return page
  throw new ConnectError(
    'UNSUPPORTED',
    'The workers of this cluster remember no log lines: they are not run by Sluice. Kafka Connect writes its log to the files or the output of each worker.',
  )
}

function queryOf(input: CliInput): EventQuery & EventFilter {
  const [connector = ''] = input.words
  const given = input.text('level')
  const level = given?.toUpperCase()
  if (level !== undefined && !isLevel(level)) {
    throw new UsageError(`--level is "${given}", but must be one of ${logLevels.join(', ')}.`)
  }
  const task = whole(input, 'task')
  const [text, worker] = [input.text('text'), input.text('worker')]
  return {
    connector,
    kinds: ['log', 'dropped'],
    limit: limitOf(input) ?? 100,
    ...(level !== undefined && { level }),
    ...(text !== undefined && { text }),
    ...(task !== undefined && { task }),
    ...(worker !== undefined && { worker }),
  }
}

const isLevel = (text: string): text is LogLevel => logLevels.some((level) => level === text)

function limitOf(input: CliInput): number | undefined {
  const limit = whole(input, 'limit')
  if (limit === undefined || (limit >= 1 && limit <= mostEvents)) return limit
  throw new UsageError(`--limit is "${limit}", but must be from 1 to ${mostEvents}.`)
}

function whole(input: CliInput, option: string): number | undefined {
  const text = input.text(option)
  if (text === undefined || /^\d{1,9}$/.test(text)) return text === undefined ? undefined : Number(text)
  throw new UsageError(`--${option} is "${text}", but must be a whole number.`)
}

function format({ at, level, worker, task, attempt, message, trace }: EventEntry): string {
  const who = task === undefined ? worker : `${worker} task-${task}${attempt === undefined ? '' : ` #${attempt}`}`
  const head = `${new Date(at).toISOString()} ${level.padEnd(5)} [${who}] ${message}`
  return trace === undefined ? head : `${head}\n${trace.replace(/^/gm, '    ')}`
}
