import type { CliCommand, CliTools } from '#server/cli/cli-command.ts'
import { needConnectors } from '#server/cli/connector-states.ts'
import { UsageError } from '#server/cli/parse-command-line.ts'

/** A command that asks the same of each named connector, one after the other, and says what it asked. */
const eachConnector = (
  summary: string,
  done: string,
  ask: (tools: CliTools, name: string) => Promise<unknown>,
): CliCommand => ({
  summary,
  words: ['<name...>'],
  async run({ words }, tools) {
    // Nothing is asked of any when one of them is not there: a person then mends the line and runs it again.
    await needConnectors(tools.herder, words)
    for (const name of words) await ask(tools, name)
    return { data: words, text: words.map((name) => `${name}: ${done}`).join('\n') }
  },
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

/** `sluice restart`: the connector alone, one task, or everything (that failed). */
export const restart: CliCommand = {
  summary: 'restarts a connector, one of its tasks, or what failed',
  words: ['<name>'],
  options: {
    tasks: { type: 'boolean', doc: 'Also restarts its tasks.' },
    failed: { type: 'boolean', doc: 'Restarts only what failed, tasks included.' },
    task: { type: 'string', doc: 'Restarts this task alone.' },
  },
  async run(input, { herder }) {
    const [name = ''] = input.words
    const task = input.text('task')
    if (task !== undefined) {
      if (!/^\d+$/.test(task)) throw new UsageError(`--task is "${task}", but must be the number of a task.`)
      await herder.restartTask({ connector: name, task: Number(task) })
      return { data: { name, task: Number(task) }, text: `${name}: task ${task} restarted` }
    }
    const onlyFailed = input.flag('failed')
    const plan = await herder.restart(name, { includeTasks: input.flag('tasks') || onlyFailed, onlyFailed })
    if (!plan) return { data: { name }, text: `${name}: connector restarted` }
    const restarting = [
      ...(plan.connector.state === 'RESTARTING' ? ['connector'] : []),
      ...plan.tasks.filter(({ state }) => state === 'RESTARTING').map(({ id }) => `task ${id}`),
    ]
    const what = restarting.length === 0 ? 'nothing to restart' : `restarting ${restarting.join(', ')}`
    return { data: plan, text: `${name}: ${what}` }
  },
}
