import { expect, test } from 'vitest'
import { logs } from '#server/cli/commands/logs.ts'
import { parseCommandLine } from '#server/cli/parse-command-line.ts'
import { type Clock, systemClock } from '#server/contract/clock.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { EventEntry, EventPage } from '#server/contract/events.ts'
import type { Herder } from '#server/contract/herder.ts'
import { createMemoryHerder } from '#server/rest/test-tree/memory-herder.ts'

const entry = (worker: string, id: string, at: number): EventEntry => ({
  ...{
    id,
    at,
    worker,
    kind: 'log',
    level: 'INFO',
    connector: 'a',
    task: 0,
    attempt: 2,
    message: `${worker} says ${id}`,
  },
})

function toolsFor(
  herder: Herder,
  more: { workerAt?: (url: string) => Herder; clock?: Clock; signal?: AbortSignal } = {},
) {
  const printed: string[] = []
  const tools = {
    ...{ herder, workerAt: () => herder, clock: systemClock, signal: new AbortController().signal, ...more },
    topics: () => {
      throw new Error('not asked')
    },
    paint: (_look: string, text: string) => text,
    complain: (text: string) => void printed.push(text),
    print: (text: string) => void printed.push(text.split('] ')[1] ?? text),
  }
  return { tools, printed }
}
const of = (...words: string[]) => parseCommandLine(logs, ['a', ...words])

test.each(['0', '1001'])('a limit of %s is refused with what is allowed', async (limit) => {
  const { tools } = toolsFor(createMemoryHerder())
  await expect(logs.run(of('--limit', limit), tools)).rejects.toThrow(
    `--limit is "${limit}", but must be from 1 to 1000.`,
  )
})

test('following prints what is there, and then what comes after it', async () => {
  const asked: unknown[] = []
  const herder: Herder = {
    ...createMemoryHerder(),
    events: async (query) => {
      asked.push(query)
      return { entries: [entry('w1', '0-3', 1)], older: null, origin: 'topic' }
    },
    async *followEvents(filter, after) {
      asked.push([filter, after])
      yield entry('w2', '0-5', 2)
    },
  }
  const { tools, printed } = toolsFor(herder)
  expect(await logs.run(of('-f', '--level', 'warn', '--task', '0', '--text', 'put'), tools)).toBeUndefined()
  expect(printed).toEqual(['w1 says 0-3', 'w2 says 0-5'])
  const filter = { connector: 'a', kinds: ['log', 'dropped'], level: 'WARN', task: 0, text: 'put' }
  expect(asked).toEqual([{ ...filter, limit: 100 }, [filter, '0-3']])
})

test('where each worker remembers alone, each line of each is printed once, also when clocks differ', async () => {
  const remembered: Record<string, EventEntry[]> = { w1: [entry('w1', 'own-1', 100)], w2: [entry('w2', 'own-1', 50)] }
  const enough = new AbortController()
  let looks = 0
  const clock: Clock = {
    ...systemClock,
    async sleep() {
      looks += 1
      // The clock of the second worker is behind: its new line is older than what was printed.
      if (looks === 1) remembered.w2?.push(entry('w2', 'own-2', 60))
      if (looks === 3) enough.abort()
    },
  }
  const memory = createMemoryHerder()
  const page = (entries: EventEntry[]): EventPage => ({ entries: [...entries], older: null, origin: 'worker' })
  const view = await memory.cluster()
  const workers = ['w1', 'w2'].map((id) => ({ id, url: id, leader: false, connectors: [], tasks: [] }))
  const herder: Herder = { ...memory, events: async () => page([]), cluster: async () => ({ ...view, workers }) }
  const workerAt = (url: string): Herder => ({ ...memory, events: async () => page(remembered[url] ?? []) })
  const { tools, printed } = toolsFor(herder, { workerAt, clock, signal: enough.signal })
  expect(await logs.run(of('-f'), tools)).toBeUndefined()
  expect(printed).toEqual(['w2 says own-1', 'w1 says own-1', 'w2 says own-2'])
})

test('tells which start of a task a line is of', async () => {
  const herder: Herder = {
    ...createMemoryHerder(),
    events: async () => ({ entries: [entry('w1', '0-3', 0)], older: null, origin: 'topic' }),
  }
  const answer = await logs.run(of(), toolsFor(herder).tools)
  expect(answer?.text).toBe('1970-01-01T00:00:00.000Z INFO  [w1 task-0 #2] w1 says 0-3')
})

test('a cluster of Apache Kafka Connect has no such lines, and the answer says where they are', async () => {
  const herder: Herder = {
    ...createMemoryHerder(),
    events: () => Promise.reject(new ConnectError('UNSUPPORTED', 'no')),
  }
  await expect(logs.run(of(), toolsFor(herder).tools)).rejects.toThrow(
    'they are not run by Sluice. Kafka Connect writes its log to the files or the output of each worker.',
  )
})

test('a name that no connector has is told instead of waiting for its lines; a deleted connector may have left some', async () => {
  const told = (entries: EventEntry[]): Herder => ({
    ...createMemoryHerder(),
    events: async () => ({ entries, older: null, origin: 'topic' }),
  })
  await expect(logs.run(of('-f'), toolsFor(told([])).tools)).rejects.toThrow('Connector a not found')
  expect(await logs.run(of(), toolsFor(told([entry('w1', '0-3', 0)])).tools)).toBeDefined()
  const quiet = told([])
  await quiet.create({ name: 'a', config: { 'connector.class': 'x', topic: 't' } })
  expect((await logs.run(of(), toolsFor(quiet).tools))?.text).toBe('No log lines.')
})
