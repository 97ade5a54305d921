import { type CliAnswer, type CliTools, exitCodes } from '#server/cli/cli-command.ts'
import { hintFor } from '#server/cli/hints.ts'
import { ConnectError, type ErrorCode } from '#server/contract/errors.ts'

/** What became of one of the names on a command line; `--json` prints an array of them. */
export interface Outcome {
  name: string
  /** What was done in a word, `failed`, or `not asked` where the person had seen enough before. */
  outcome: string
  /** What the cluster answered, with the field names of its REST API. */
  answer?: unknown
  /** Why it failed. */
  error?: { code: ErrorCode; message: string }
}

/** What was done for one name, and how a person is told. */
export interface Deed {
  outcome: string
  text: string
  answer?: unknown
}

/**
 * Asks the same for each name, one after the other, and tells people of each as soon as it is done. One that fails keeps
 * none of the others from being asked; what is left at Ctrl-C is asked no more. Throws only what is no ConnectError.
 */
export async function eachInTurn(
  names: readonly string[],
  tools: CliTools,
  told: { json: boolean },
  ask: (name: string) => Promise<Deed>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const name of new Set(names)) {
    if (!tools.signal.aborted) {
      outcomes.push(await attempt(name, tools, told, ask))
      continue
    }
    outcomes.push({ name, outcome: 'not asked' })
    if (!told.json) tools.complain(`${name}: not asked`)
  }
  return outcomes
}

/** Asks for one name, and tells people what came of it. Throws only what is no ConnectError. */
export async function attempt(
  name: string,
  tools: CliTools,
  { json }: { json: boolean },
  ask: (name: string) => Promise<Deed>,
): Promise<Outcome> {
  try {
    const { text, ...deed } = await ask(name)
    if (!json) tools.print(`${name}: ${text}`)
    return { name, ...deed }
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error
    const hint = json ? '' : await hintFor(error, [name], tools.herder)
    if (!json) tools.complain(`${name}: ${error.message}${hint && `\n  ${hint}`}`)
    return { name, outcome: 'failed', error: { code: error.code, message: error.message } }
  }
}

/** Of what was told already: exit code 1 when any of it failed, else `exitCode`. */
export const answerOf = (outcomes: readonly Outcome[], exitCode: number = exitCodes.done): CliAnswer => ({
  data: outcomes,
  exitCode: outcomes.some(({ outcome }) => outcome === 'failed' || outcome === 'not asked')
    ? exitCodes.failed
    : exitCode,
})
