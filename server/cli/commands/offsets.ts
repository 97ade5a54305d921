import type { CliCommand } from '#server/cli/cli-command.ts'
import { table } from '#server/cli/table.ts'

/** `sluice offsets NAME`: where a connector goes on, and a way back to the beginning. */
export const offsets: CliCommand = {
  summary: 'shows where a connector goes on, or forgets it (the connector must be stopped)',
  words: ['<name>'],
  options: { reset: { type: 'boolean', doc: 'Forgets all offsets: the connector begins anew when it is resumed.' } },
  async run(input, { herder }) {
    const [name = ''] = input.words
    if (input.flag('reset')) {
      const message = await herder.resetOffsets(name)
      return { data: { message }, text: message }
    }
    const found = await herder.offsets(name)
    const rows = found.map(({ partition, offset }) => [words(partition), offset === null ? '-' : words(offset)])
    return { data: found, text: rows.length === 0 ? 'No offsets.' : table(['partition', 'offset'], rows) }
  },
}

/** `filename=/in.txt position=12`; 64-bit numbers come as `bigint`. */
const words = (map: Record<string, unknown>): string =>
  Object.entries(map)
    .map(([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(' ')
