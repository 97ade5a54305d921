import type { CliAnswer, CliCommand, CliInput } from '#server/cli/cli-command.ts'
import { exitCodes } from '#server/cli/cli-command.ts'
import { type ConnectorFile, readConnectorFiles } from '#server/cli/connector-files.ts'
import { UsageError } from '#server/cli/parse-command-line.ts'
import { type ApplyStep, describePlan, hideSecretsOf, planApply } from '#server/cli/plan-apply.ts'
import { createPasswordKeys } from '#server/console/password-keys.ts'
import type { ConnectorConfig } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { Herder } from '#server/contract/herder.ts'
import { inParallel } from '#server/contract/in-parallel.ts'

const fileOption = {
  file: {
    type: 'string',
    short: 'f',
    multiple: true,
    doc: 'A file (.json, .properties) or a folder of them; may be repeated.',
  },
} as const

/** `sluice config NAME`: as it is stored, placeholders unresolved. */
export const config: CliCommand = {
  summary: 'prints the config of a connector as JSON',
  words: ['<name>'],
  async run({ words: [name = ''] }, { herder }) {
    const found = await herder.config(name)
    return { data: found, text: JSON.stringify(found, null, 2) }
  },
}

/** `sluice create -f FILE`: refuses what exists. */
export const create: CliCommand = {
  summary: 'creates connectors from files; one that exists already is an error',
  words: [],
  options: fileOption,
  async run(input, { herder }) {
    const files = await filesOf(input)
    const known = await herder.list()
    // Nothing is created when one of them cannot be: a person then mends the file and runs the same line again.
    const taken = files.find(({ name }) => known.includes(name))
    if (taken) throw new ConnectError('CONNECTOR_EXISTS', `Connector ${taken.name} (${taken.file}) already exists`)
    const done: string[] = []
    for (const { name, file, config: wanted, initialState } of files) {
      await naming(`${name} (${file})`, done, () =>
        herder.create({ name, config: wanted, ...(initialState && { initialState }) }),
      )
      done.push(`${name}: created`)
    }
    return { data: files.map(({ name }) => name), text: files.map(({ name }) => `${name}: created`).join('\n') }
  },
}

/** `sluice apply -f FOLDER`: makes the cluster what the files say, and shows the difference. */
export const apply: CliCommand = {
  summary: 'creates and changes connectors so that they are as the files say, and shows what differs',
  words: [],
  options: {
    ...fileOption,
    'dry-run': { type: 'boolean', doc: 'Only shows what would be done; exits 3 when that is something.' },
    prune: { type: 'boolean', doc: 'Also deletes connectors that no file describes.' },
  },
  unwell: 'with --dry-run: something would be done',
  async run(input, { herder }) {
    const files = await filesOf(input)
    const wanted = new Map(files.map(({ name, config: found }) => [name, found]))
    const steps = planApply(await currentConfigs(herder), wanted, { prune: input.flag('prune') })
    const told = await hideSecretsOf(steps, createPasswordKeys(herder))
    const text = describePlan(told)
    const dirty = steps.some(({ step }) => step !== 'same')
    if (input.flag('dry-run')) return { data: told, text, exitCode: dirty ? exitCodes.unwell : exitCodes.done }
    const done: string[] = []
    for (const step of steps) {
      await naming(step.name, done, () => carryOut(herder, step, files))
      if (step.step !== 'same') done.push(`${step.name}: ${doneWords[step.step]}`)
    }
    return { data: told, text }
  },
}

/** `sluice validate -f FILE`: what the cluster would say, without creating anything. */
export const validate: CliCommand = {
  summary: 'asks the cluster what is wrong with the configs in files; exits 1 when something is',
  words: [],
  options: fileOption,
  async run(input, { herder }): Promise<CliAnswer> {
    const files = await filesOf(input)
    const answers = await inParallel(files, 4, async ({ name, file, config: given }) => {
      const plugin = given['connector.class']
      if (!plugin) throw new ConnectError('CONFIG_INVALID', `${file}: connector.class of ${name} is missing.`)
      return { name, file, problems: await problemsOf(herder, plugin, given) }
    })
    const lines = answers.flatMap(({ name, problems }) =>
      problems.length === 0
        ? [`${name}: valid`]
        : [`${name}: ${problems.length} to fix`, ...problems.map(({ field, message }) => `  ${field}: ${message}`)],
    )
    const wrong = answers.some(({ problems }) => problems.length > 0)
    return { data: answers, text: lines.join('\n'), exitCode: wrong ? exitCodes.failed : exitCodes.done }
  },
}

/** A plugin that is not there is something to fix in one file; the others are looked at all the same. */
async function problemsOf(herder: Herder, plugin: string, given: ConnectorConfig) {
  try {
    const { configs } = await herder.validate(plugin, given)
    return configs.flatMap(({ value }) => value.errors.map((message) => ({ field: value.name, message })))
  } catch (error) {
    if (!(error instanceof ConnectError) || error.status >= 500) throw error
    return [{ field: 'connector.class', message: error.message }]
  }
}

async function filesOf(input: CliInput): Promise<ConnectorFile[]> {
  const paths = input.texts('file')
  if (paths.length === 0) throw new UsageError('-f is missing: name a file or a folder.')
  const files = await readConnectorFiles(paths)
  if (files.length === 0) throw new UsageError(`There is no .json or .properties file in ${paths.join(', ')}.`)
  return files
}

async function currentConfigs(herder: Herder): Promise<Map<string, ConnectorConfig>> {
  const names = await herder.list()
  return new Map(await inParallel(names, 8, async (name) => [name, await herder.config(name)] as const))
}

const doneWords = { create: 'created', change: 'changed', delete: 'deleted' } as const

/** Of several changes, which one was refused, and what is done already. */
async function naming(what: string, done: readonly string[], change: () => Promise<unknown>): Promise<void> {
  try {
    await change()
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error
    const before = done.length === 0 ? 'Nothing was changed before.' : `Before: ${done.join(', ')}.`
    throw new ConnectError(error.code, `${what}: ${error.message}\n${before}`, { cause: error })
  }
}

async function carryOut(herder: Herder, step: ApplyStep, files: readonly ConnectorFile[]): Promise<void> {
  switch (step.step) {
    case 'create': {
      const initialState = files.find(({ name }) => name === step.name)?.initialState
      await herder.create({ name: step.name, config: step.config, ...(initialState && { initialState }) })
      return
    }
    case 'change':
      await herder.putConfig(step.name, step.config)
      return
    case 'delete':
      await herder.delete(step.name)
      return
    case 'same':
      return
  }
}
