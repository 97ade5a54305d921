import { expect, test } from 'vitest'
import { listTopics } from '#server/console/list-topics.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { TopicSummary, Topics } from '#server/contract/topics.ts'
import { createMemoryHerder } from '#server/rest/test-tree/memory-herder.ts'

const names = [
  '__consumer_offsets',
  'connect-status',
  'orders',
  'shop-configs',
  'shop-offsets',
  'shop-sluice-events',
  'workshop-offsets',
]
const list: Topics['list'] = async () =>
  names.map((name): TopicSummary => ({ name, partitions: 1, records: 0, internal: name.startsWith('__') }))
const topics = () => ({ list }) as Topics

const internal = async (watcher: ReturnType<typeof createMemoryHerder>) =>
  (await listTopics({ watcher, topics })).filter((topic) => topic.internal).map(({ name }) => name)

test("the topics of the workers' own group are internal, those of somebody else are not", async () => {
  const herder = createMemoryHerder()
  const cluster = async () => ({ ...(await createMemoryHerder().cluster()), groupId: 'shop' })
  expect(await internal({ ...herder, cluster })).toEqual([
    '__consumer_offsets',
    'connect-status',
    'shop-configs',
    'shop-offsets',
    'shop-sluice-events',
  ])
})

test.each(['UNSUPPORTED', 'WORKER_UNREACHABLE'] as const)(
  'topics are listed when the workers answer %s',
  async (code) => {
    const herder = createMemoryHerder()
    const cluster = () => Promise.reject(new ConnectError(code, 'no'))
    expect(await internal({ ...herder, cluster })).toEqual(['__consumer_offsets', 'connect-status'])
  },
)
