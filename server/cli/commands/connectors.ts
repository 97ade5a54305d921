import { type CliCommand, type CliTools, exitCodes } from '#server/cli/cli-command.ts'
import {
  type ConnectorState,
  connectorStates,
  isUnwell,
  type StateWord,
  stateWord,
  tasksWord,
} from '#server/cli/connector-states.ts'
import { instanceLines } from '#server/cli/instance-lines.ts'
import { columns, table } from '#server/cli/table.ts'
import { connectorStatus, stall } from '#server/rest/json.ts'

type Paint = CliTools['paint']

/** `sluice connectors`: one line each, and below the table what a person should look at. */
export const connectors: CliCommand = {
  summary: 'lists connectors with their state, tasks and workers, and what is wrong with them',
  words: [],
  async run(_input, tools) {
    const { states, gap } = await connectorStates(tools)
    const rows = states.map((state) => [
      state.name,
      painted(tools.paint, stateWord(state)),
      tasksWord(state),
      state.status?.type ?? 'unknown',
      workersOf(state).join(' '),
    ])
    const listed = rows.length === 0 ? 'No connectors.' : table(['name', 'state', 'tasks', 'type', 'workers'], rows)
    return { data: states.map(stateJson), text: paragraphs(listed, troubles(states, tools), gap) }
  },
}

/** `sluice status`: every task, and why it failed or hangs. Exits 3 when something is not well, for scripts. */
export const status: CliCommand = {
  summary: 'shows connectors and tasks, and why they failed or make no progress; exits 3 when one is not well',
  words: ['[name...]'],
  unwell: 'a connector or task failed, is stalled or runs nowhere, or tasks cannot be made; none made is no reason',
  async run({ words }, tools) {
    const { states, gap } = await connectorStates(tools, words)
    const unwell = states.some(isUnwell)
    const told = states.length === 0 ? ['No connectors.'] : states.map((state) => describe(state, tools))
    return {
      data: states.map(stateJson),
      text: paragraphs(...told, gap),
      exitCode: unwell ? exitCodes.unwell : exitCodes.done,
    }
  },
}

/** With the names of Kafka Connect's and Sluice's REST API, so that a script may move from one to the other. */
const stateJson = ({ name, status: found, stalls, taskless }: ConnectorState) => ({
  name,
  status: found && connectorStatus.write(found),
  ...(stalls && { stalls: stalls.map(stall.write) }),
  ...(taskless !== undefined && { taskless }),
})

const workersOf = ({ status: found, stalls = [] }: ConnectorState): string[] => {
  const said = [found?.connector, ...(found?.tasks ?? [])].flatMap((instance) => instance?.workerId ?? [])
  return [...new Set([...said, ...stalls.map(({ worker }) => worker)])].sort()
}

/** The last thing on the screen, whatever has scrolled away above it. */
function troubles(states: readonly ConnectorState[], { clock, paint }: CliTools): string | undefined {
  const concerned = states.filter((state) => isUnwell(state) || stateWord(state) === 'NO TASKS')
  if (concerned.length === 0) return undefined
  const rows = concerned.flatMap((state) => {
    const wrong = instanceLines(state, clock.now()).filter((line) => looks[line.state] !== undefined)
    const more = wrong.length > mostLines ? [[state.name, `${wrong.length - mostLines} more`]] : []
    return [
      ...wrong.slice(0, mostLines).map((line) => [state.name, line.what, painted(paint, line.state), line.reason]),
      ...more,
    ]
  })
  const head = `${concerned.length} of ${states.length} ${concerned.length === 1 ? 'needs' : 'need'} a look:`
  return [head, indent(columns(rows))].join('\n')
}

/** Of one connector; `sluice status` shows all. */
const mostLines = 3

function describe(state: ConnectorState, { clock, paint }: CliTools): string {
  const { name, status: found } = state
  const lines = instanceLines(state, clock.now())
  if (!found && lines.every((line) => line.state === 'UNKNOWN')) return `${name}\n  no status reported yet`
  const rows = lines.map((line) => [line.what, painted(paint, line.state), line.workerId, line.reason])
  return `${name} (${found?.type ?? 'unknown'})\n${indent(table(['', 'state', 'worker', 'reason'], rows))}`
}

/** What should meet the eye; the rest is as it should be, or as somebody wanted it. */
const looks: Partial<Record<StateWord, 'bad' | 'doubtful'>> = {
  FAILED: 'bad',
  STALLED: 'bad',
  'NO TASKS': 'doubtful',
  UNASSIGNED: 'doubtful',
  UNKNOWN: 'doubtful',
}

function painted(paint: Paint, word: StateWord): string {
  const look = looks[word]
  return look ? paint(look, word) : word
}

const paragraphs = (...texts: readonly (string | undefined)[]) =>
  texts.filter((text) => text !== undefined).join('\n\n')
const indent = (text: string) => text.replace(/^/gm, '  ')
