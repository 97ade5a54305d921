import { expect, test } from 'vitest'
import { logs } from '#server/cli/commands/logs.ts'
import { parseCommandLine } from '#server/cli/parse-command-line.ts'
import type { Clock } from '#server/contract/clock.ts'
import type { LogLine } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { createMemoryHerder } from '#server/rest/test-tree/memory-herder.ts'

const line = (worker: string, id: number, at: number): LogLine => ({
  id,
  at,
  worker,
  level: 'INFO',
  connector: 'a',
  logger: 'l',
  message: `${worker} says ${id}`,
})

test('following prints each line of each worker once, also when clocks differ, until the person has enough', async () => {
  const remembered: Record<string, LogLine[]> = { w1: [line('w1', 1, 100)], w2: [line('w2', 1, 50)] }
  const enough = new AbortController()
  let looks = 0
  const clock: Clock = {
    now: () => 0,
    random: () => 0,
    async sleep() {
      looks += 1
      // The clock of the second worker is behind: its new line is older than what was printed.
      if (looks === 1) remembered.w2?.push(line('w2', 2, 60))
      if (looks === 3) enough.abort()
    },
  }
  const memory = createMemoryHerder()
  const herder = {
    ...memory,
    cluster: async () => ({
      ...(await memory.cluster()),
      workers: ['w1', 'w2'].map((id) => ({ id, url: id, leader: false, connectors: [], tasks: [] })),
    }),
  }
  const printed: string[] = []
  const tools = {
    herder,
    workerAt: (url: string) => ({ ...memory, logs: async () => remembered[url] ?? [] }),
    topics: () => {
      throw new Error('not asked')
    },
    print: (text: string) => void printed.push(text),
    clock,
    signal: enough.signal,
  }
  expect(await logs.run(parseCommandLine(logs, ['a', '-f']), tools)).toBeUndefined()
  expect(printed.map((text) => text.split('] ')[1])).toEqual(['w2 says 1', 'w1 says 1', 'w2 says 2'])
})

test('a cluster that remembers nothing says so', async () => {
  const herder = {
    ...createMemoryHerder(),
    cluster: () => Promise.reject(new ConnectError('UNSUPPORTED', 'no')),
  }
  const tools = { herder, workerAt: () => herder } as never
  await expect(logs.run(parseCommandLine(logs, ['a']), tools)).rejects.toThrow('they are not run by Sluice')
})
