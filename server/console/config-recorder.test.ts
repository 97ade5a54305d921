import { expect, test } from 'vitest'
import { createConfigRecorder } from '#server/console/config-recorder.ts'
import type { NewVersion } from '#server/console/history.ts'
import type { ConnectorConfig, ConnectorInfo } from '#server/contract/connector.ts'
import { silentLogger } from '#server/rest/test-tree/silent-logger.ts'

const isPassword = (key: string) => key === 'pin'
const info = (config: ConnectorConfig): ConnectorInfo => ({ name: 'c', config, tasks: [], type: 'source' })

function createScene(failures = 0) {
  let now = 1_000
  let left = failures
  const kept: NewVersion[] = []
  const told: string[] = []
  const recorder = createConfigRecorder({
    history: {
      async record(version) {
        if (left-- > 0) throw new Error('the database is not there')
        kept.push(version)
      },
    },
    fingerprint: (text) => `#${text.length}`,
    clock: { now: () => now },
    logger: silentLogger,
    onRecorded: (cluster) => told.push(cluster),
  })
  const seen = (config: ConnectorConfig) => recorder.seen('local', 'c', { config, isPassword, since: recorder.now() })
  /** Everything that was handed over before has passed. */
  const rest = () => new Promise<void>((resolve) => setImmediate(resolve))
  return { recorder, kept, told, seen, rest, later: (ms: number) => (now += ms) }
}

test('a config that is seen again and again is kept once, and its secrets as fingerprints', async () => {
  const { seen, kept, told, rest } = createScene()
  seen({ topic: 'a', pin: '1234' })
  seen({ pin: '1234', topic: 'a' })
  await rest()
  expect(kept.map(({ config, by }) => [config, by])).toEqual([[{ topic: 'a', pin: { secret: '#4' } }, 'elsewhere']])
  expect(told).toEqual(['local'])
})

test('a change of the console is its own, even when a poll sees it first', async () => {
  const { recorder, seen, kept, rest, later } = createScene()
  await recorder.writing('local', 'c', isPassword, async () => {
    seen({ topic: 'b' })
    return info({ topic: 'b' })
  })
  seen({ topic: 'the config before, from a worker that is behind' })
  later(10_000)
  seen({ topic: 'c' })
  await rest()
  expect(kept.map(({ config, by }) => [config?.topic, by])).toEqual([
    ['b', 'console'],
    ['c', 'elsewhere'],
  ])
})

test('a change that failed is not kept', async () => {
  const { recorder, kept, rest } = createScene()
  const failing = recorder.writing('local', 'c', isPassword, () => Promise.reject(new Error('refused')))
  await expect(failing).rejects.toThrow('refused')
  await rest()
  expect(kept).toEqual([])
})

test('deleting is kept, and so is a connector that vanished elsewhere', async () => {
  const { recorder, kept, rest, later } = createScene()
  await recorder.deleting('local', 'c', async () => undefined)
  recorder.vanished('local', 'c', recorder.now())
  later(10_000)
  recorder.vanished('local', 'd', recorder.now())
  await rest()
  expect(kept.map(({ connector, config, by }) => [connector, config, by])).toEqual([
    ['c', null, 'console'],
    ['d', null, 'elsewhere'],
  ])
})

test('what could not be kept is tried again when it is seen again', async () => {
  const { seen, kept, rest } = createScene(1)
  seen({ topic: 'a' })
  await rest()
  expect(kept).toEqual([])
  seen({ topic: 'a' })
  await rest()
  expect(kept).toHaveLength(1)
})
