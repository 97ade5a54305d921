import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { newBrokerFolder, startBrokerProcess } from '#e2e/kafka/broker-process.ts'

const home = process.env.SLUICE_KAFKA_HOME
/** A folder with the jars of a Kafka distribution (its `libs`); `npm run test:kafka` brings one. */
const jars = process.env.SLUICE_KAFKA_JARS ?? (home && join(home, 'lib'))
const missing = !jars
  ? 'SLUICE_KAFKA_JARS names no folder with the jars of Apache Kafka'
  : !existsSync(jars)
    ? `there is no ${jars}`
    : spawnSync('java', ['-version']).status !== 0
      ? 'java is not installed'
      : undefined

// Every tool is a Java of its own.
vi.setConfig({ testTimeout: 400_000 })

const tools = {
  topics: 'org.apache.kafka.tools.TopicCommand',
  groups: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  producer: 'org.apache.kafka.tools.ConsoleProducer',
  consumer: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  offsets: 'org.apache.kafka.tools.GetOffsetShell',
  performance: 'org.apache.kafka.tools.ProducerPerformance',
  transactions: 'org.apache.kafka.tools.TransactionsCommand',
  configs: 'kafka.admin.ConfigCommand',
  deleteRecords: 'org.apache.kafka.tools.DeleteRecordsCommand',
  logDirs: 'org.apache.kafka.tools.LogDirsCommand',
  features: 'org.apache.kafka.tools.FeatureCommand',
} as const

type Tool = keyof typeof tools

function start(tool: Tool, args: string[]): ChildProcess {
  const options = ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', join(jars ?? '', '*')]
  return spawn('java', [...options, tools[tool], ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
}

/** Runs a tool to its end and returns what it said, on both its streams. */
async function run(tool: Tool, args: string[], input = ''): Promise<string> {
  const child = start(tool, args)
  let words = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      words += chunk
    })
  }
  child.stdin?.end(input)
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${tool} ${args.join(' ')} ended with ${code}: ${words}`)
  return words
}

test("Kafka's own topics, producer, consumer, groups and offsets tools work on the embedded broker", async ({
  skip,
}) => {
  if (missing) skip(missing)
  using folder = newBrokerFolder()
  await using broker = await startBrokerProcess(folder.path)
  const at = ['--bootstrap-server', broker.address]

  await run('topics', [...at, '--create', '--topic', 'words', '--partitions', '2', '--config', 'retention.ms=1000000'])
  const described = await run('topics', [...at, '--describe', '--topic', 'words'])
  expect(described).toMatch(/PartitionCount: 2\s+ReplicationFactor: 1\s+Configs: retention.ms=1000000/)
  const lines = Array.from({ length: 100 }, (_, line) => `k${line}:line ${line}`)
  const keys = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:']
  await run('producer', [...at, '--topic', 'words', ...keys], `${lines.join('\n')}\n`)
  expect(await run('offsets', [...at, '--topic', 'words'])).toMatch(/words:0:\d+\nwords:1:\d+/)

  // Two members: the second one starts before the first has everything, and both stop at the end.
  const members = Array.from({ length: 2 }, () =>
    run('consumer', [...at, '--topic', 'words', '--group', 'pair', '--from-beginning', '--timeout-ms', '6000']),
  )
  const read = (await Promise.all(members)).join('').split('\n')
  expect(new Set(read.filter((line) => line.startsWith('line ')))).toEqual(
    new Set(lines.map((line) => line.slice(line.indexOf(':') + 1))),
  )
  expect(await run('groups', [...at, '--list'])).toContain('pair')
  const lag = await run('groups', [...at, '--describe', '--group', 'pair'])
  expect([...lag.matchAll(/^pair\s+words\s+\d\s+(\d+)\s+(\d+)\s+0\s/gm)]).toHaveLength(2)
  const reset = ['--group', 'pair', '--topic', 'words:0', '--reset-offsets', '--to-earliest', '--execute']
  expect(await run('groups', [...at, ...reset])).toMatch(/pair\s+words\s+0\s+0/)
  await run('groups', [...at, '--delete', '--group', 'pair'])

  await run('configs', [...at, '--alter', '--topic', 'words', '--add-config', 'cleanup.policy=[compact,delete]'])
  expect(await run('configs', [...at, '--describe', '--topic', 'words'])).toContain('cleanup.policy=compact,delete')
  expect(await run('logDirs', [...at, '--describe', '--topic-list', 'words'])).toContain('"partition":"words-0"')
  expect(await run('features', [...at, 'describe'])).toMatch(/transaction.version.*FinalizedVersionLevel: 2/)
  await run('topics', [...at, '--alter', '--topic', 'words', '--partitions', '3'])
  await run('topics', [...at, '--delete', '--topic', 'words'])
  expect(await run('topics', [...at, '--list'])).not.toContain('words')
})

test("Kafka's own client commits transactions, and its tools list, describe and abort them", async ({ skip }) => {
  if (missing) skip(missing)
  using folder = newBrokerFolder()
  await using broker = await startBrokerProcess(folder.path)
  const at = ['--bootstrap-server', broker.address]
  await run('topics', [...at, '--create', '--topic', 'moved'])
  const load = ['--topic', 'moved', '--record-size', '50', '--throughput', '-1', '--bootstrap-server', broker.address]
  const transactional = ['--transactional-id', 'mover', '--transaction-duration-ms', '50']
  const sent = await run('performance', [...load, '--num-records', '2000', ...transactional])
  expect(sent).toContain('2000 records sent')
  expect(await run('transactions', [...at, 'list'])).toMatch(/mover\s+1\s+\d+\s+CompleteCommit/)

  // A producer that is killed in the middle leaves its transaction open; an administrator ends it.
  const slow = [...load.map((word) => (word === '-1' ? '100' : word)), '--num-records', '100000']
  const killed = start('performance', [...slow, '--transactional-id', 'hanging', '--transaction-duration-ms', '600000'])
  const uncommitted = ['--topic', 'moved', '--partitions', '0', '--time', 'latest']
  const endOf = async () => Number(/moved:0:(\d+)/.exec(await run('offsets', [...at, ...uncommitted]))?.[1])
  const before = await endOf()
  await expect.poll(endOf, { timeout: 60_000 }).toBeGreaterThan(before)
  killed.kill('SIGKILL')
  await once(killed, 'close')
  const describe = ['describe', '--transactional-id', 'hanging']
  expect(await run('transactions', [...at, ...describe])).toMatch(/hanging\s+\d+\s+0\s+Ongoing/)
  const producers = await run('transactions', [...at, 'describe-producers', '--topic', 'moved', '--partition', '0'])
  const open = producers.split('\n').find((line) => /\d+\s*$/.test(line) && !/None\s*$/.test(line)) ?? ''
  const startOffset = open.trim().split(/\s+/).at(-1) ?? ''
  await run('transactions', [...at, 'abort', '--topic', 'moved', '--partition', '0', '--start-offset', startOffset])
  const after = await run('transactions', [...at, 'describe-producers', '--topic', 'moved', '--partition', '0'])
  expect(
    after
      .trim()
      .split('\n')
      .slice(1)
      .every((line) => /None\s*$/.test(line)),
  ).toBe(true)

  const consumer = [
    '--topic',
    'moved',
    '--from-beginning',
    '--isolation-level',
    'read_committed',
    '--timeout-ms',
    '3000',
  ]
  const read = await run('consumer', [...at, ...consumer])
  expect(read).toContain('Processed a total of 2000 messages')
})
