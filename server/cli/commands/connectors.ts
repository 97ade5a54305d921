import { type CliCommand, exitCodes } from '#server/cli/cli-command.ts'
import {
  type ConnectorState,
  connectorStates,
  isUnwell,
  reasonOf,
  stateWord,
  tasksWord,
} from '#server/cli/connector-states.ts'
import { table } from '#server/cli/table.ts'

/** `sluice connectors`: one line each. */
export const connectors: CliCommand = {
  summary: 'lists connectors with their state, tasks and workers',
  words: [],
  async run(_input, { herder }) {
    const states = await connectorStates(herder)
    const rows = states.map((state) => [
      state.name,
      stateWord(state),
      tasksWord(state),
      state.status?.type ?? 'unknown',
      workersOf(state).join(' '),
    ])
    const text = rows.length === 0 ? 'No connectors.' : table(['name', 'state', 'tasks', 'type', 'workers'], rows)
    return { data: states, text }
  },
}

/** `sluice status`: every task, and why it failed. Exits 3 when something is not well, for scripts. */
export const status: CliCommand = {
  summary: 'shows connectors and tasks, and why they failed; exits 3 when one is not well',
  words: ['[name...]'],
  async run({ words }, { herder }) {
    const states = await connectorStates(herder, words)
    const unwell = states.some(isUnwell)
    const text = states.length === 0 ? 'No connectors.' : states.map(describe).join('\n\n')
    return { data: states, text, exitCode: unwell ? exitCodes.unwell : exitCodes.done }
  },
}

const workersOf = ({ status: found }: ConnectorState): string[] =>
  [...new Set([found?.connector, ...(found?.tasks ?? [])].flatMap((instance) => instance?.workerId ?? []))].sort()

function describe({ name, status: found }: ConnectorState): string {
  if (!found) return `${name}\n  no status reported yet`
  const instances = [
    { what: 'connector', ...found.connector },
    ...found.tasks.map((task) => ({ what: `task ${task.id}`, ...task })),
  ]
  const rows = instances.map(({ what, state, workerId, trace }) => [
    what,
    state,
    workerId,
    trace === undefined ? '' : reasonOf(trace),
  ])
  return `${name} (${found.type})\n${indent(table(['', 'state', 'worker', 'reason'], rows))}`
}

const indent = (text: string) => text.replace(/^/gm, '  ')
