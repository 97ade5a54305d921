import type { CliCommand, CliTools } from '#server/cli/cli-command.ts'
import { answerOf, type Deed, eachInTurn } from '#server/cli/each-in-turn.ts'
import { UsageError } from '#server/cli/parse-command-line.ts'
import type { ConnectorStatus } from '#server/contract/connector.ts'
import { connectorStatus } from '#server/rest/json.ts'

/** A command that asks the same of each named connector. */
const eachConnector = (
  summary: string,
  done: string,
  ask: (tools: CliTools, name: string) => Promise<unknown>,
): CliCommand => ({
  summary,
  words: ['<name...>'],
  several: 'connectors',
  run: async (input, tools) =>
    answerOf(
      await eachInTurn(input.words, tools, { json: input.flag('json') }, async (name) => {
        await ask(tools, name)
        return { outcome: done, text: done }
      }),
    ),
})

export const pause = eachConnector('pauses connectors; their tasks keep their place', 'paused', ({ herder }, name) =>
  herder.setTargetState(name, 'PAUSED'),
)
export const resume = eachConnector('resumes paused and stopped connectors', 'resumed', ({ herder }, name) =>
  herder.setTargetState(name, 'STARTED'),
)
export const stop = eachConnector('stops connectors; their tasks are shut down', 'stopped', ({ herder }, name) =>
  herder.stop(name),
)
export const deleteConnectors = eachConnector(
  'deletes connectors; offsets and topics stay',
  'deleted',
  ({ herder }, name) => herder.delete(name),
)

/** `sluice restart`: connectors alone, one task, or everything (that failed). */
export const restart: CliCommand = {
  summary: 'restarts connectors, one task, or what failed',
  words: ['<name...>'],
  several: 'connectors',
  options: {
    tasks: { type: 'boolean', doc: 'Also restarts their tasks.' },
    failed: { type: 'boolean', doc: 'Restarts only what failed, tasks included.' },
    task: { type: 'string', doc: 'Restarts this task alone, of one connector.' },
  },
  async run(input, tools) {
    const { herder } = tools
    const task = input.text('task')
    if (task !== undefined) {
      if (!/^\d+$/.test(task)) throw new UsageError(`--task is "${task}", but must be the number of a task.`)
      if (input.words.length > 1) throw new UsageError('--task is of one connector: name only that.')
    }
    const onlyFailed = input.flag('failed')
    const ask = async (name: string): Promise<Deed> => {
      if (task !== undefined) {
        await herder.restartTask({ connector: name, task: Number(task) })
        return { outcome: 'restarted', text: `task ${task} restarted` }
      }
      const plan = await herder.restart(name, { includeTasks: input.flag('tasks') || onlyFailed, onlyFailed })
      return plan ? planned(plan) : { outcome: 'restarted', text: 'connector restarted' }
    }
    return answerOf(await eachInTurn(input.words, tools, { json: input.flag('json') }, ask))
  },
}

function planned(plan: ConnectorStatus): Deed {
  const restarting = [
    ...(plan.connector.state === 'RESTARTING' ? ['connector'] : []),
    ...plan.tasks.filter(({ state }) => state === 'RESTARTING').map(({ id }) => `task ${id}`),
  ]
  const answer = connectorStatus.write(plan)
  return restarting.length === 0
    ? { outcome: 'nothing to restart', text: 'nothing to restart', answer }
    : { outcome: 'restarting', text: `restarting ${restarting.join(', ')}`, answer }
}
