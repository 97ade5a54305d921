import { type ParseArgsConfig, parseArgs } from 'node:util'
import type { CliCommand, CliInput, CliOption } from '#server/cli/cli-command.ts'
import { messageOf } from '#server/contract/errors.ts'
import { nearestKey } from '#server/contract/nearest-key.ts'

/** A command line that makes no sense; the message says what was expected. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Options that every command has. */
export const commonOptions: Readonly<Record<string, CliOption>> = {
  url: {
    type: 'string',
    doc: 'Workers to ask, tried in order; separated by commas. Default: SLUICE_URL, else http://127.0.0.1:8083.',
  },
  json: { type: 'boolean', doc: 'Prints JSON for programs instead of a table.' },
  help: { type: 'boolean', short: 'h', doc: 'Says what the command does.' },
}

/** Reads the words after the command's name. Throws UsageError for an unknown option or a missing or surplus word. */
export function parseCommandLine(command: CliCommand, args: readonly string[]): CliInput {
  const options = Object.fromEntries(
    Object.entries({ ...commonOptions, ...command.options }).map(([name, { doc: _, ...option }]) => [name, option]),
  )
  let parsed: { values: Record<string, unknown>; positionals: string[] }
  try {
    const config: ParseArgsConfig = { args: [...args], options, allowPositionals: true }
    parsed = parseArgs(config) as typeof parsed
  } catch (error) {
    throw new UsageError(wordsOf(error, Object.keys(options)))
  }
  const { values, positionals } = parsed
  const input: CliInput = {
    words: positionals,
    text: (option) => [values[option]].flat().find((value) => typeof value === 'string'),
    texts: (option) => [values[option]].flat().filter((value) => typeof value === 'string'),
    flag: (option) => values[option] === true,
  }
  if (!input.flag('help')) checkWords(command.words, positionals)
  return input
}

/** In place of advice about options that begin with a dash, a guess at what was meant. */
function wordsOf(error: unknown, known: readonly string[]): string {
  const message = messageOf(error)
  const [, option, name] = /^Unknown option '(--?([^']*))'/.exec(message) ?? []
  if (option === undefined || name === undefined) return message
  const meant = nearestKey(name, known)
  return `There is no option ${option}.${meant === undefined ? '' : ` Did you mean --${meant}?`}`
}

function checkWords(expected: readonly string[], given: readonly string[]): void {
  const required = expected.filter((word) => word.startsWith('<'))
  if (given.length < required.length) throw new UsageError(`${required[given.length]} is missing.`)
  const many = expected.some((word) => word.includes('...'))
  if (!many && given.length > expected.length) {
    throw new UsageError(`"${given[expected.length]}" is one word too many.`)
  }
}
