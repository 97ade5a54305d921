import { expect, test } from 'vitest'
import { endable } from '#server/topics/endable.ts'

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve())
  })

function source(outer: AbortSignal) {
  const closed: string[] = []
  const iterable = endable(outer, async function* (signal) {
    try {
      yield 1
      await aborted(signal)
    } finally {
      closed.push('closed')
    }
  })
  return { iterable, closed }
}

test('returning ends a wait that is under way, and closes the source', async () => {
  const { iterable, closed } = source(new AbortController().signal)
  const iterator = iterable[Symbol.asyncIterator]()
  expect(await iterator.next()).toEqual({ done: false, value: 1 })
  const waiting = iterator.next()
  await iterator.return?.()
  expect(await waiting).toEqual({ done: true, value: undefined })
  expect(closed).toEqual(['closed'])
})

test('the signal from outside ends it as well, and so does a loop that breaks off', async () => {
  const ending = new AbortController()
  const { iterable, closed } = source(ending.signal)
  for await (const value of iterable) {
    expect(value).toBe(1)
    ending.abort()
  }
  expect(closed).toEqual(['closed'])
  const another = source(new AbortController().signal)
  for await (const _ of another.iterable) break
  expect(another.closed).toEqual(['closed'])
})
