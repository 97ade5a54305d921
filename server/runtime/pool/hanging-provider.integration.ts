import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openTroubledPool, source } from '#server/runtime/pool/test-tree/troubled-pool.ts'
import { readTopic } from '#server/runtime/task/test-tree/read-topic.ts'
import { kafkaOfFile } from '#server/runtime/test-tree/kafka-of-file.ts'
import { startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'

const { kafka, client, newTopic } = await kafkaOfFile(startRestartableKafka)
const folder = await mkdtemp(join(tmpdir(), 'sluice-hanging-'))
afterAll(() => rm(folder, { recursive: true }))

/** Longer than a test may take: whoever waits for it fails. */
const never = 600_000
const task = (connector: string) => ({ connector, task: 0 })
const refused = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing',
    (error: Error) => error.message,
  )
/** A config whose placeholder has no answer until `answer` is called. */
function waiting() {
  const path = join(folder, randomUUID())
  const config = { payload: `\${hang:${path}:a}`, 'sluice.stall.interval.ms': '400' }
  const reason = `the config provider has not answered for \${hang:${path}:…}`
  return { config, reason, answer: () => writeFile(path, '') }
}

test('I9: a task whose config provider never answers is told with that, holds up nobody, and is stopped at once', async () => {
  await using pool = await openTroubledPool(kafka.bootstrapServers, { threads: 1 })
  const { config, reason, answer } = waiting()
  const topic = await newTopic()
  await pool.host.startTask(source(task('hung'), { ...config, topic }))
  await expect
    .poll(() => pool.unfinished.get('hung-0'))
    .toContainEqual(expect.objectContaining({ stage: 'resolving the config of', reason }))
  const beside = await newTopic()
  await pool.host.startTask(source(task('beside'), { topic: beside }))
  await readTopic(client, beside, 5)
  expect(await pool.host.stopTask(task('hung'), never)).toBe('stopped')
  expect(pool.told).toEqual(['beside-0 RUNNING'])
  expect(pool.lines.filter(({ message }) => message === 'The task failed')).toEqual([])

  await pool.host.startTask(source(task('hung'), { ...config, topic }))
  await answer()
  expect(await pool.host.stopTask(task('hung'), never)).toBe('stopped')
  await pool.host.startTask(source(task('hung'), { ...config, topic }))
  const [record] = await readTopic(client, topic, 1)
  expect(String(record?.value)).toContain(folder)
})

test('I9: a connector whose config provider never answers is told with that, holds up nobody, and is stopped at once', async () => {
  await using pool = await openTroubledPool(kafka.bootstrapServers, { threads: 1 })
  const { config, reason, answer } = waiting()
  const start = (name: string, more: Record<string, string>) =>
    pool.host.startConnector({
      name,
      config: { 'connector.class': 'test.TickSourceConnector', ...more },
      target: 'STARTED',
      generation: 1,
    })
  const stopped = refused(start('hung', config))
  await expect
    .poll(() => pool.unfinished.get('hung'))
    .toContainEqual(expect.objectContaining({ stage: 'resolving the config of', reason }))
  await start('beside', {})
  expect((await pool.host.taskConfigs('beside')).configs).toHaveLength(1)
  expect(await pool.host.stopConnector('hung', never)).toBe('stopped')
  expect(await stopped).toBe('connector hung was stopped meanwhile')
  expect(pool.unfinished.get('hung')).toEqual([])

  const again = refused(start('hung', config))
  // One that rests waits for nobody.
  await pool.host.setConnectorTarget('hung', 'STOPPED')
  expect(await again).toBe('connector hung was stopped meanwhile')
  expect(pool.unfinished.get('hung')).toEqual([])
  expect(await pool.host.stopConnector('hung', never)).toBe('stopped')
  await answer()
  await start('hung', config)
  expect((await pool.host.taskConfigs('hung')).configs).toEqual([expect.objectContaining(config)])
})
