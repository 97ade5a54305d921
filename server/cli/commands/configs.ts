import { checkConnectors, problemLines } from '#server/cli/check-connectors.ts'
import type { CliAnswer, CliCommand, CliInput } from '#server/cli/cli-command.ts'
import { exitCodes } from '#server/cli/cli-command.ts'
import { type ConnectorFile, type FileEntry, readConnectorFiles } from '#server/cli/connector-files.ts'
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
    const [read, known] = [await entriesOf(input), await herder.list()]
    const fresh = read.map((entry) =>
      entry.connector && known.includes(entry.connector.name) ? { ...entry, ...exists } : entry,
    )
    const entries = await checkConnectors(fresh, herder)
    if (entries.some(isWrong)) return refusal(entries, 'Nothing was created.')
    const done: string[] = []
    for (const { name, file, config: wanted, initialState } of entries.flatMap(({ connector }) => connector ?? [])) {
      await naming(`${file}: ${name}`, done, () =>
        herder.create({ name, config: wanted, ...(initialState && { initialState }) }),
      )
      done.push(`${name}: created`)
    }
    return { data: entries.map(({ name }) => name), text: done.join('\n') }
  },
}

const exists = {
  problems: [{ field: 'name', message: 'a connector of this name exists already; `sluice apply` changes it' }],
  connector: null,
}

/** `sluice apply -f FOLDER`: makes the cluster what the files say, and shows the difference. */
export const apply: CliCommand = {
  summary: 'creates and changes connectors so that they are as the files say, and shows what differs',
  words: [],
  options: {
    ...fileOption,
    'dry-run': { type: 'boolean', doc: 'Only shows what would be done; exits 3 when that is something.' },
    prune: { type: 'boolean', doc: 'Also deletes connectors that no file describes.' },
    'skip-invalid': {
      type: 'boolean',
      doc: 'Leaves out what is wrong and applies the rest; without it nothing is changed when anything is wrong.',
    },
  },
  unwell: 'with --dry-run: something would be done',
  async run(input, { herder }) {
    if (input.flag('prune') && input.flag('skip-invalid')) {
      throw new UsageError(
        '--prune deletes what no file describes, so every file must be right: leave out --skip-invalid.',
      )
    }
    const read = await entriesOf(input)
    const current = await currentConfigs(herder)
    const differs = ({ name, config: wanted }: ConnectorFile) =>
      planApply(current, new Map([[name, wanted]]), { prune: false }).some(({ step }) => step !== 'same')
    const entries = await checkConnectors(read, herder, differs)
    const wrong = entries.filter(isWrong)
    if (wrong.length > 0 && !input.flag('skip-invalid')) {
      const others = wrong.length === entries.length ? '' : ' With --skip-invalid the others are applied.'
      return refusal(entries, `Nothing was changed.${others}`)
    }
    const files = entries.flatMap(({ connector }) => connector ?? [])
    const wanted = new Map(files.map(({ name, config: found }) => [name, found]))
    const steps = planApply(current, wanted, { prune: input.flag('prune') })
    const told = await hideSecretsOf(steps, createPasswordKeys(herder))
    const done: string[] = []
    for (const step of input.flag('dry-run') ? [] : steps) {
      const file = files.find(({ name }) => name === step.name)?.file
      await naming(file === undefined ? step.name : `${file}: ${step.name}`, done, () => carryOut(herder, step, files))
      if (step.step !== 'same') done.push(`${step.name}: ${doneWords[step.step]}`)
    }
    const plan = { data: [...told, ...wrong.map(withoutConfig)], text: describePlan(told) }
    if (wrong.length > 0) return { ...refusal(entries, 'These were left out.'), ...plan }
    const dirty = input.flag('dry-run') && steps.some(({ step }) => step !== 'same')
    return { ...plan, exitCode: dirty ? exitCodes.unwell : exitCodes.done }
  },
}

/** `sluice validate -f FILE`: what the cluster would say, without creating anything. */
export const validate: CliCommand = {
  summary: 'asks the cluster what is wrong with the configs in files; exits 1 when something is',
  words: [],
  options: fileOption,
  async run(input, { herder }): Promise<CliAnswer> {
    const entries = await checkConnectors(await entriesOf(input), herder)
    const lines = entries.flatMap((entry) =>
      isWrong(entry) ? problemLines([entry]) : [`${entry.file}: ${entry.name}: valid`],
    )
    return {
      data: entries.map(withoutConfig),
      text: lines.join('\n'),
      exitCode: entries.some(isWrong) ? exitCodes.failed : exitCodes.done,
    }
  },
}

const isWrong = ({ problems }: FileEntry) => problems.length > 0
/** For programs: the config may hold what should not be printed. */
const withoutConfig = ({ file, name, problems }: FileEntry) => ({ file, name, problems })

/** What is wrong with all the files, and what that means for the others. */
function refusal(entries: readonly FileEntry[], consequence: string): CliAnswer {
  const wrong = entries.filter(isWrong)
  return {
    data: wrong.map(withoutConfig),
    complaint: [...problemLines(wrong), consequence].join('\n'),
    exitCode: exitCodes.failed,
  }
}

async function entriesOf(input: CliInput): Promise<FileEntry[]> {
  const paths = input.texts('file')
  if (paths.length === 0) throw new UsageError('-f is missing: name a file or a folder.')
  const entries = await readConnectorFiles(paths)
  if (entries.length === 0)
    throw new UsageError(`There is no connector in ${paths.join(', ')}: no .json or .properties file that holds one.`)
  return entries
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
