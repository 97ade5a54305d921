import type { ConnectorFile, FileEntry, FileProblem } from '#server/cli/connector-files.ts'
import { onOneLine } from '#server/cli/printable.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { Herder } from '#server/contract/herder.ts'
import { inParallel } from '#server/contract/in-parallel.ts'
import { nearestKey } from '#server/contract/nearest-key.ts'

/**
 * The entries with what the cluster has against their configs; `concerns` says which are asked about. Nothing is changed
 * by it. Throws where no worker answers: that is about none of the files.
 */
export const checkConnectors = (
  entries: readonly FileEntry[],
  herder: Herder,
  concerns: (connector: ConnectorFile) => boolean = () => true,
): Promise<FileEntry[]> =>
  inParallel(entries, 4, async (entry) => {
    if (!entry.connector || !concerns(entry.connector)) return entry
    const problems = await problemsOf(entry.connector, herder)
    return problems.length === 0 ? entry : { ...entry, problems, connector: null }
  })

/** One line each: where, which connector, which key, why. */
export const problemLines = (entries: readonly FileEntry[]): string[] =>
  entries.flatMap(({ file, name, problems }) =>
    problems.map(({ field, message }) =>
      [file, name, field, onOneLine(message)].filter((part) => part !== undefined).join(': '),
    ),
  )

async function problemsOf({ config }: ConnectorFile, herder: Herder): Promise<FileProblem[]> {
  try {
    const { configs } = await herder.validate(config['connector.class'] ?? '', config)
    return configs.flatMap(({ value }) => value.errors.map((message) => ({ field: value.name, message })))
  } catch (error) {
    if (!(error instanceof ConnectError) || error.code === 'WORKER_UNREACHABLE') throw error
    const plugin = noSuchPlugin.exec(error.message)?.[1]
    if (plugin === undefined) return [{ message: error.message }]
    return [{ field: 'connector.class', message: await unknownPlugin(plugin, herder) }]
  }
}

/** Kafka Connect goes on with a description of every class that it has. */
const noSuchPlugin = /Failed to find any class that implements Connector and which name matches (.+?), available/s

async function unknownPlugin(plugin: string, herder: Herder): Promise<string> {
  // The error is what counts: without a list there is no guess.
  const known = await herder.plugins(true).catch((): { class: string }[] => [])
  const bySimpleName = new Map(known.map((one) => [simpleName(one.class), one.class]))
  const simple = nearestKey(simpleName(plugin), bySimpleName.keys())
  const meant = simple === undefined ? undefined : bySimpleName.get(simple)
  const guess = meant === undefined ? '' : `Did you mean ${meant}? `
  return `the workers have no connector ${plugin}. ${guess}\`sluice plugins\` lists what they have.`
}

/** As a person may write it: without the package, and without the kind. */
const simpleName = (name: string) => name.slice(name.lastIndexOf('.') + 1).replace(/Connector$/, '')
