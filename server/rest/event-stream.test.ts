import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import type { EventEntry } from '#server/contract/events.ts'
import { fromEventStream, lastSeen, toEventStream } from '#server/rest/event-stream.ts'
import { startRest } from '#server/rest/server.ts'
import { createMemoryHerder } from '#server/rest/test-tree/memory-herder.ts'
import { silentLogger } from '#server/rest/test-tree/silent-logger.ts'

const entry = (n: number, message: string): EventEntry => ({
  ...{ id: `0-${n}`, at: n, kind: 'log', level: 'INFO', worker: 'w:1', message },
})

async function* these(...entries: EventEntry[]) {
  yield* entries
}

async function* inPieces(text: string, size: number) {
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}

test('entries come back as they were, however the bytes are cut, with line ends and signs of all lengths in them', async () => {
  const entries = [entry(1, 'two\n\nlines, data: none'), entry(2, 'ü中😀'), entry(3, ': no comment')]
  const text = (await all(toEventStream(these(...entries), systemClock))).join('')
  expect(text).toContain('id: 0-1\nevent: log\ndata: {')
  for (const size of [1, 3, 7, 10_000]) expect(await all(fromEventStream(inPieces(text, size)))).toEqual(entries)
})

test('where a follower stopped is told by its header, or by the query', () => {
  const after = (text: string) => new URLSearchParams({ after: text })
  expect(lastSeen('0-7', after('0-3'))).toBe('0-7')
  expect(lastSeen(null, after('own-3'))).toBe('own-3')
  expect(lastSeen(null, new URLSearchParams())).toBeUndefined()
  expect(() => lastSeen(null, after('yesterday'))).toThrow('has to be the id of an entry')
})

test('a follower that leaves ends what it followed, and so does a server that closes', async () => {
  const ended: string[] = []
  const herder = {
    ...createMemoryHerder(),
    async *followEvents(_: unknown, after: string | undefined, signal: AbortSignal) {
      yield entry(1, 'first')
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      ended.push(`${after}`)
    },
  }
  const options = { herder, profile: 'compat', clock: systemClock, logger: silentLogger, version: '0' } as const
  const rest = await startRest({ ...options, listeners: ['http://127.0.0.1:0'] })
  const enough = new AbortController()
  const follow = (after: string, signal: AbortSignal) =>
    fetch(`${rest.url}/sluice/v1/connectors/c/logs/live`, { signal, headers: { 'last-event-id': after } })
  const answer = await follow('0-1', enough.signal)
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  const [first] = [await fromEventStream(answer.body ?? inPieces('', 1)).next()]
  expect(first?.value).toEqual(entry(1, 'first'))
  enough.abort()
  await expect.poll(() => ended).toEqual(['0-1'])
  const other = await follow('0-2', new AbortController().signal)
  await rest[Symbol.asyncDispose]()
  expect(ended).toEqual(['0-1', '0-2'])
  await other.text()
})
