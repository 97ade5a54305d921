import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const entry = fileURLToPath(new URL('../../server/bin/main.mjs', import.meta.url))

/** What a person sees of one command of the client, in a pipe. */
export interface CommandAnswer {
  code: number
  out: string
  err: string
}

/** Runs `sluice <args>` against these workers to its end. */
export function sluiceCommand(
  urls: readonly string[],
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<CommandAnswer> {
  return new Promise((resolve) => {
    const { FORCE_COLOR: _, NO_COLOR: __, ...inherited } = process.env
    const options = { env: { ...inherited, SLUICE_URL: urls.join(), ...env }, timeout: 30_000 }
    const child = execFile(process.execPath, [entry, ...args], options, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    )
  })
}
