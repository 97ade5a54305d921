import { type CliTools, exitCodes } from '#server/cli/cli-command.ts'
import { cliCommands } from '#server/cli/commands.ts'
import { commandHelp } from '#server/cli/help.ts'
import { hintFor } from '#server/cli/hints.ts'
import { parseCommandLine, UsageError } from '#server/cli/parse-command-line.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { toJson } from '#server/rest/json-text.ts'

/**
 * Runs one command of the client and answers its exit code (see `exitCodes`).
 *
 * @param open makes the tools once it is known which workers to ask; throws UsageError where that is no address
 */
export async function runCli(
  name: string,
  args: readonly string[],
  io: { print(text: string): void; complain(text: string): void },
  open: (options: { url: string | undefined; bootstrapServers: string | undefined }) => CliTools | Promise<CliTools>,
): Promise<number> {
  const command = Object.hasOwn(cliCommands, name) ? cliCommands[name] : undefined
  try {
    if (!command) throw new UsageError(`There is no command "${name}".`)
    const input = parseCommandLine(command, args)
    if (input.flag('help')) {
      io.print(commandHelp(name, command))
      return exitCodes.done
    }
    const tools = await open({ url: input.text('url'), bootstrapServers: input.text('bootstrap.servers') })
    const answer = await command.run(input, tools).catch(async (error: unknown) => {
      if (!(error instanceof ConnectError)) throw error
      const hint = await hintFor(error, input.words, tools.herder)
      io.complain([error.message, hint].filter((line) => line !== '').join('\n'))
      return null
    })
    if (answer === null) return exitCodes.failed
    if (!answer) return exitCodes.done
    const found = input.flag('json') ? toJson(answer.data, 2) : answer.text
    if (found !== undefined) io.print(found)
    if (answer.complaint !== undefined && !input.flag('json')) io.complain(answer.complaint)
    return answer.exitCode ?? exitCodes.done
  } catch (error) {
    if (error instanceof UsageError) {
      io.complain(`${error.message}\nsluice ${name} --help says what it takes.`)
      return exitCodes.usage
    }
    throw error
  }
}
