import { expect, test } from 'vitest'
import { collectLogs } from '#server/console/collect-logs.ts'
import type { ConnectedCluster } from '#server/console/connections.ts'
import type { LogLine } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { createMemoryHerder, type MemoryHerder } from '#server/rest/test-tree/memory-herder.ts'

const line = (worker: string, id: number, at: number): LogLine => ({
  id,
  at,
  level: 'WARN',
  worker,
  connector: 'c',
  logger: 'l',
  message: 'm',
})
const query = { connector: 'c', limit: 3 }

/** A group of these workers, by URL; one that is null does not answer. */
function groupOf(workers: Record<string, MemoryHerder | null>): ConnectedCluster {
  const near = createMemoryHerder()
  near.logged(line('near', 1, 1))
  const silent = async (): Promise<never> => {
    throw new ConnectError('WORKER_UNREACHABLE', 'No worker answered')
  }
  return {
    slug: 'local',
    settings: { slug: 'local', name: 'Local', workerUrls: [] },
    herder: {
      ...near,
      cluster: async () => ({
        ...(await near.cluster()),
        workers: Object.keys(workers).map((url) => ({ id: url, url, leader: false, connectors: [], tasks: [] })),
      }),
    },
    watcher: near,
    workerAt: (url) => workers[url] ?? { ...near, logs: silent },
    passwordKeys: async () => () => false,
    topics: () => {
      throw new ConnectError('SETTING_INVALID', 'no Kafka')
    },
  }
}

function worker(...lines: LogLine[]): MemoryHerder {
  const herder = createMemoryHerder()
  for (const each of lines) herder.logged(each)
  return herder
}

test('the newest lines of all workers come in the order of time', async () => {
  const cluster = groupOf({
    'http://a': worker(line('a', 1, 10), line('a', 2, 30)),
    'http://b': worker(line('b', 1, 20), line('b', 2, 40)),
  })
  expect((await collectLogs(cluster, query))?.map(({ at }) => at)).toEqual([20, 30, 40])
})

test('a worker that does not answer is left out', async () => {
  const cluster = groupOf({ 'http://a': null, 'http://b': worker(line('b', 1, 20)) })
  expect((await collectLogs(cluster, query))?.map(({ worker: name }) => name)).toEqual(['b'])
})

test('where nobody answers at its own address, the worker that the console reaches does', async () => {
  expect((await collectLogs(groupOf({ 'http://a': null }), query))?.map(({ worker: name }) => name)).toEqual(['near'])
})
