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
  console: {
    summary: 'the console alone, for workers that run elsewhere',
    run: async (settings) => (await import('#server/bin/console.ts')).runConsole(settings),
  },
}

/** Runs one command line; an error of ours is printed as a sentence with its hint, anything else with its trace. */
export async function run(args: readonly string[]): Promise<void> {
  const [name = '', ...rest] = args
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) {
    const asked = name === '' || name === 'help' || name === '--help'
    if (!asked) console.error(`Unknown command "${name}".\n`)
    console.log(usage())
    process.exitCode = asked ? 0 : 2
    return
  }
  try {
    await command.run(readSettings({ args: rest, env: process.env }))
  } catch (error) {
    if (error instanceof ConnectError) console.error(`${error.message}\n${error.hint}`)
    else console.error(error instanceof Error ? error.stack : messageOf(error))
    process.exit(1)
  }
}

function usage(): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  return [
    'Usage: sluice <command> [file.properties] [--key=value ...]',
    '',
    ...lines,
    '',
    'Settings: flags over environment (CONNECT_A_B is a.b) over file. Keys are those of Kafka Connect.',
  ].join('\n')
}
