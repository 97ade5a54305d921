import type { CliCommand } from '#server/cli/cli-command.ts'
import { table } from '#server/cli/table.ts'
import { taskName } from '#server/contract/connector.ts'
import { clusterView } from '#server/rest/json.ts'

/** `sluice workers`: who runs what. */
export const workers: CliCommand = {
  summary: 'shows which worker runs which connectors and tasks',
  words: [],
  async run(_input, { herder }) {
    const view = await herder.cluster()
    const drains = new Map(view.drains.map((drain) => [drain.worker, drain]))
    const rows = view.workers.map(({ id, leader, connectors, tasks }) => [
      id,
      [leader ? 'leader' : '', drains.get(id)?.state ?? ''].filter((word) => word !== '').join(', '),
      connectors.length,
      tasks.length,
      tasks.map(taskName).join(' '),
    ])
    const head = `group ${view.groupId}, generation ${view.generation}, ${view.protocol}`
    const absent = view.drains.filter(({ state }) => state === 'absent').map(({ worker }) => worker)
    const away = absent.length === 0 ? '' : `\ndrained, and not in the group: ${absent.join(', ')}`
    return {
      data: clusterView.write(view),
      text: `${head}\n${table(['worker', '', 'connectors', 'tasks', 'runs'], rows)}${away}`,
    }
  },
}

/** `sluice plugins`: what the workers can run. */
export const plugins: CliCommand = {
  summary: 'lists what the workers can run',
  words: [],
  options: { all: { type: 'boolean', doc: 'Also converters, transforms and predicates.' } },
  async run(input, { herder }) {
    const found = await herder.plugins(!input.flag('all'))
    const rows = found.map((plugin) => [plugin.type, plugin.class, plugin.version ?? '-'])
    return { data: found, text: table(['type', 'class', 'version'], rows) }
  },
}
