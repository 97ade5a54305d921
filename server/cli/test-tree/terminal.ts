import { runCli } from '#server/cli/run-cli.ts'
import { type Clock, systemClock } from '#server/contract/clock.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { Herder } from '#server/contract/herder.ts'
import type { Topics } from '#server/contract/topics.ts'
import { createMemoryHerder, type MemoryHerder } from '#server/rest/test-tree/memory-herder.ts'

/** A cluster in memory in which all is well. */
export const wellHerder = (): MemoryHerder => ({
  ...createMemoryHerder(),
  stalls: async () => [],
  taskless: async () => [],
})

/** A command line against a cluster in memory. */
export function terminal(
  herder: Herder = wellHerder(),
  topics?: Topics,
  workerAt: (url: string) => Herder = () => herder,
  clock: Clock = systemClock,
) {
  return {
    herder,
    async run(...[name = '', ...args]: string[]) {
      const out: string[] = []
      const err: string[] = []
      const io = { print: (text: string) => void out.push(text), complain: (text: string) => void err.push(text) }
      const code = await runCli(name, args, io, () => ({
        herder,
        workerAt,
        topics() {
          if (topics) return topics
          throw new ConnectError('SETTING_INVALID', 'no Kafka')
        },
        ...io,
        paint: (_look, text) => text,
        clock,
        signal: new AbortController().signal,
      }))
      return { code, out: out.join('\n'), err: err.join('\n') }
    },
  }
}
