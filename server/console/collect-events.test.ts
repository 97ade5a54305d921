import { expect, test } from 'vitest'
import { collectEvents } from '#server/console/collect-events.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { EventEntry, EventPage } from '#server/contract/events.ts'
import type { Herder } from '#server/contract/herder.ts'
import { createMemoryHerder } from '#server/rest/test-tree/memory-herder.ts'

const entry = (worker: string, at: number): EventEntry => ({
  ...{ id: `own-${at}`, at, kind: 'log', level: 'WARN', worker, message: `${worker} at ${at}` },
})
const query = { connector: 'c', limit: 3 }

/** A worker that says these; null: it does not answer. */
function worker(page: Omit<EventPage, 'older'> | null): Herder {
  const unreachable = () => Promise.reject(new ConnectError('WORKER_UNREACHABLE', 'No worker answered'))
  return {
    ...createMemoryHerder(),
    events: async () => (page ? { ...page, older: page.origin === 'topic' ? '4' : '1' } : unreachable()),
  }
}

async function collect(near: Omit<EventPage, 'older'>, workers: Record<string, Herder>) {
  const herder = worker(near)
  const view = await herder.cluster()
  const views = Object.keys(workers).map((url) => ({ id: url, url, leader: false, connectors: [], tasks: [] }))
  return collectEvents(
    {
      herder: { ...herder, cluster: async () => ({ ...view, workers: views }) },
      workerAt: (url) => workers[url] ?? herder,
    },
    query,
  )
}

test('where the workers share a topic, one answers for all', async () => {
  const page = await collect({ entries: [entry('a', 1)], origin: 'topic' }, { 'http://b': worker(null) })
  expect(page).toEqual({ entries: [entry('a', 1)], older: '4', origin: 'topic' })
})

test('where each remembers alone, the newest of all come in the order of time; one that does not answer is left out', async () => {
  const page = await collect(
    { entries: [entry('a', 10)], origin: 'worker' },
    {
      'http://a': worker({ entries: [entry('a', 10), entry('a', 30)], origin: 'worker' }),
      'http://b': worker({ entries: [entry('b', 20), entry('b', 40)], origin: 'worker' }),
      'http://c': worker(null),
    },
  )
  expect(page?.entries.map(({ at }) => at)).toEqual([20, 30, 40])
  expect(page?.older).toBeNull()
})

test('a cluster that is not run by Sluice has none', async () => {
  const herder: Herder = {
    ...createMemoryHerder(),
    events: () => Promise.reject(new ConnectError('UNSUPPORTED', 'no')),
  }
  expect(await collectEvents({ herder, workerAt: () => herder }, query)).toBeNull()
})
