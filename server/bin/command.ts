import { readSettings, type Settings } from '#server/bin/settings.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'

/** The parts of Sluice by the word that starts each; loaded only when asked for. */
const commands: Record<string, { summary: string; run: (settings: Settings) => Promise<void> }> = {
  start: {
    summary: 'a broker, two workers and the console: everything on this machine',
    run: async (settings) => (await import('#server/bin/start.ts')).runStart(settings),
  },
  broker: {
    summary: 'the embedded broker alone',
    run: async (settings) => (await import('#server/bin/broker.ts')).runBroker(settings),
  },
  worker: {
    summary: 'one distributed worker: sluice worker [worker.properties]',
    run: async (settings) => (await import('#server/bin/worker.ts')).runWorker(settings),
  },
  standalone: {
    summary: 'one worker without a group: sluice standalone worker.properties [connector.properties|.json ...]',
    run: async (settings) => (await import('#server/bin/standalone.ts')).runStandalone(settings),
  },
  console: {
    summary: 'the console alone, for workers that run elsewhere',
    run: async (settings) => (await import('#server/bin/console.ts')).runConsole(settings),
  },
}

/** Runs one command line; an error of ours is printed as a sentence with its hint, anything else with its trace. */
export async function run(args: readonly string[]): Promise<void> {
  const [name = '', ...rest] = args
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) return runForPeople(name, rest)
  try {
    await command.run(readSettings({ args: rest, env: process.env }))
  } catch (error) {
    if (error instanceof ConnectError) console.error(`${error.message}\n${error.hint}`)
    else console.error(error instanceof Error ? error.stack : messageOf(error))
    process.exit(1)
  }
}

/** Loaded only when no part was asked for: a broker and a worker are smaller without it. */
async function runForPeople(name: string, rest: readonly string[]): Promise<void> {
  const { cliCommands } = await import('#server/cli/commands.ts')
  if (Object.hasOwn(cliCommands, name)) return (await import('#server/bin/client.ts')).runClient(name, rest)
  if (name === 'completion') {
    const { completionScript, shells } = await import('#server/cli/completion.ts')
    const shell = shells.find((known) => known === (rest[0] ?? 'bash'))
    if (shell) return console.log(completionScript(shell, cliCommands, commands))
    console.error(`There is no completion for "${rest[0]}", only for ${shells.join(', ')}.`)
    process.exitCode = 2
    return
  }
  const asked = name === '' || name === 'help' || name === '--help'
  if (!asked) {
    const { nearestKey } = await import('#server/contract/nearest-key.ts')
    const meant = nearestKey(name, [...Object.keys(commands), ...Object.keys(cliCommands), 'completion'])
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
    ...Object.entries(commands).map(line),
    '',
    'Settings: flags over environment (CONNECT_A_B is a.b) over file. Keys are those of Kafka Connect.',
    '',
    'For people and scripts, against any Kafka Connect cluster (--url, or SLUICE_URL):',
    '',
    ...Object.entries(cliCommands).map(line),
    '  completion  prints a script that completes these words in bash, zsh or fish',
    '',
    'sluice <command> --help says more; --json prints for programs.',
  ].join('\n')
}
