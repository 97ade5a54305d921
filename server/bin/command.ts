import { parts } from '#server/bin/parts.ts'
import { readSettings } from '#server/bin/settings.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'

/** Runs one command line; an error of ours is printed as a sentence with its hint, anything else with its trace. */
export async function run(args: readonly string[]): Promise<void> {
  const [name = '', ...rest] = args
  const part = Object.hasOwn(parts, name) ? parts[name] : undefined
  if (!part) return runForPeople(name, rest)
  if (asksForHelp(rest)) return console.log((await import('#server/bin/part-help.ts')).partHelp(name, part))
  try {
    await part.run(readSettings({ args: rest, env: process.env }))
  } catch (error) {
    if (error instanceof ConnectError) console.error(`${error.message}\n${error.hint}`)
    else console.error(error instanceof Error ? error.stack : messageOf(error))
    process.exit(1)
  }
}

const asksForHelp = (args: readonly string[]) => args.includes('--help') || args.includes('-h')

/** Loaded only when no part was asked for: a broker and a worker are smaller without it. */
async function runForPeople(name: string, rest: readonly string[]): Promise<void> {
  if (name === '--version') return console.log((await import('#server/bin/version.ts')).sluiceVersion)
  const { cliCommands } = await import('#server/cli/commands.ts')
  if (Object.hasOwn(cliCommands, name)) return (await import('#server/bin/client.ts')).runClient(name, rest)
  if (name === 'completion') {
    const { completionHelp, completionScript, shells } = await import('#server/cli/completion.ts')
    if (asksForHelp(rest)) return console.log(completionHelp)
    const shell = shells.find((known) => known === (rest[0] ?? 'bash'))
    if (shell) return console.log(completionScript(shell, cliCommands, parts))
    console.error(`There is no completion for "${rest[0]}", only for ${shells.join(', ')}.`)
    process.exitCode = 2
    return
  }
  const asked = ['', 'help', '--help', '-h'].includes(name)
  if (!asked) {
    const { nearestKey } = await import('#server/contract/nearest-key.ts')
    const meant = nearestKey(name, [...Object.keys(parts), ...Object.keys(cliCommands), 'completion'])
    console.error(`Unknown command "${name}".${meant ? ` Did you mean "${meant}"?` : ''}\n`)
  }
  console.log(usage(cliCommands))
  process.exitCode = asked ? 0 : 2
}

function usage(cliCommands: Record<string, { summary: string }>): string {
  const line = ([name, { summary }]: [string, { summary: string }]) => `  ${name.padEnd(11)} ${summary}`
  return [
    'Usage: sluice <command> [file.properties] [--key=value ...]',
    '',
    ...Object.entries(parts).map(line),
    '',
    'Settings: flags over environment (CONNECT_A_B is a.b) over file. Keys are those of Kafka Connect.',
    '',
    'For people and scripts, against any Kafka Connect cluster (--url, or SLUICE_URL):',
    '',
    ...Object.entries(cliCommands).map(line),
    '  completion  prints a script that completes these words in bash, zsh or fish',
    '',
    'sluice <command> --help says more; --json prints for programs; sluice --version says which Sluice this is.',
  ].join('\n')
}
