import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { newBrokerFolder, startBrokerProcess } from '#e2e/kafka/broker-process.ts'
import { systemClock } from '#server/contract/clock.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { createSinkConsumer } from '#server/kafka/sink-consumer.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'

const kcat = ['kcat', 'kafkacat'].find((name) => spawnSync(name, ['-V']).status === 0)

async function run(args: string[], input = ''): Promise<string> {
  const child = spawn(kcat ?? '', args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let output = ''
  let words = ''
  // As one stream: a chunk may end within a character.
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
  })
  child.stderr.on('data', (chunk: Buffer) => {
    words += chunk
  })
  // Who has nothing to read may be gone before its input is closed; how it ended tells the rest.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`kcat ${args.join(' ')} ended with ${code}: ${words}`)
  return output
}

const title = 'kcat produces with each compression, consumes by offset and time, and joins a group'

test(title, async ({ skip }) => {
  if (!kcat) skip('kcat is not installed (Debian package kcat)')
  using folder = newBrokerFolder()
  await using broker = await startBrokerProcess(folder.path)
  const at = ['-b', broker.address]
  const lines = Array.from({ length: 500 }, (_, line) => `k${line % 7}:line ${line} äöü`)
  const expected: string[] = []
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    await run([...at, '-P', '-t', 'words', '-z', codec, '-K:', '-H', `codec=${codec}`], `${lines.join('\n')}\n`)
    expected.push(...lines)
  }
  await run([...at, '-P', '-t', 'words', '-K:', '-X', 'enable.idempotence=true'], 'last:one\n')
  expected.push('last:one')

  expect(await run([...at, '-L', '-t', 'words'])).toContain('topic "words" with 1 partitions')
  const all = await run([...at, '-C', '-t', 'words', '-K:', '-o', 'beginning', '-e', '-q'])
  expect(all.trimEnd().split('\n')).toEqual(expected)
  expect(await run([...at, '-C', '-t', 'words', '-o', '-1', '-e', '-q'])).toBe('one\n')
  expect(await run([...at, '-C', '-t', 'words', '-o', 's@1000', '-c', '1', '-f', '%o %k\n', '-q'])).toBe('0 k0\n')
  expect(await run([...at, '-Q', '-t', 'words:0:-1'])).toContain(`offset ${expected.length}`)
  const grouped = await run([...at, '-G', 'kcat-group', '-X', 'auto.offset.reset=earliest', '-c', '10', '-q', 'words'])
  expect(grouped.trimEnd().split('\n')).toHaveLength(10)
})

test('kcat writes in a transaction, and reads what was committed and nothing of what was not', async ({ skip }) => {
  if (!kcat) skip('kcat is not installed (Debian package kcat)')
  using folder = newBrokerFolder()
  await using broker = await startBrokerProcess(folder.path)
  const at = ['-b', broker.address]
  const transactional = ['-P', '-t', 'entries', '-X', 'transactional.id=kcat']
  await run([...at, ...transactional], 'one\ntwo\n')
  // Ended by a signal before its input ends, kcat never commits. It reads its input in large pieces.
  const abandoned = spawn(kcat ?? '', [...at, ...transactional], { stdio: ['pipe', 'ignore', 'ignore'] })
  abandoned.stdin.on('error', () => {})
  abandoned.stdin.write('never\n'.repeat(100_000))
  const all = ['-C', '-t', 'entries', '-e', '-q', '-X', 'isolation.level=read_uncommitted']
  await expect.poll(() => run([...at, ...all]), { timeout: 30_000 }).toMatch(/^one\ntwo\nnever\n/)
  abandoned.kill('SIGKILL')
  await once(abandoned, 'close')
  await run([...at, ...transactional], 'three\n')
  const committed = ['-C', '-t', 'entries', '-e', '-q', '-X', 'isolation.level=read_committed']
  expect(await run([...at, ...committed])).toBe('one\ntwo\nthree\n')
})

test.for(['kcat', 'ours'])(
  'kcat and a consumer of ours share a group by cooperative-sticky, led by %s',
  async (leader, { skip }) => {
    if (!kcat) skip('kcat is not installed (Debian package kcat)')
    using folder = newBrokerFolder()
    await using broker = await startBrokerProcess(folder.path)
    const options = { bootstrapServers: [broker.address], clientId: 'test', clock: systemClock, logger: quietLogger }
    await using client = createKafkaClient(options)
    await createAdmin(client).createTopics([{ name: 't', partitions: 4, replicationFactor: 1, config: {} }])
    const told: string[] = []
    const tell = (what: string) => async (partitions: readonly unknown[]) => {
      if (partitions.length > 0) told.push(`${what} ${partitions.length}`)
    }
    await using ours = createSinkConsumer(client, {
      groupId: 'g',
      assignors: ['cooperative-sticky'],
      subscribe: { topics: ['t'] },
      isolation: 'read_uncommitted',
      heartbeatIntervalMs: 100,
      maxWaitMs: 50,
      hooks: { assigned: tell('assigned'), revoked: tell('revoked'), lost: tell('lost') },
    })
    async function weAreTold() {
      await ours.poll(AbortSignal.timeout(30_000), 100)
      return told
    }

    const strategy = ['-X', 'partition.assignment.strategy=cooperative-sticky', '-X', 'heartbeat.interval.ms=100']
    const startTheirs = () =>
      spawn(kcat ?? '', ['-b', broker.address, '-G', 'g', ...strategy, 't'], { stdio: ['ignore', 'ignore', 'pipe'] })
    if (leader === 'ours') expect(await weAreTold()).toEqual(['assigned 4'])
    const theirs = startTheirs()
    let words = ''
    theirs.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      words += chunk
    })
    const patience = { timeout: 30_000 }
    const theyAreTold = async () => {
      await weAreTold()
      return words
    }
    if (leader === 'ours') {
      await expect.poll(weAreTold, patience).toEqual(['assigned 4', 'revoked 2'])
      await expect.poll(theyAreTold, patience).toContain('incremental assignment of 2 partition(s)')
    } else {
      await expect.poll(() => words, patience).toContain('incremental assignment of 4 partition(s)')
      await expect.poll(weAreTold, patience).toEqual(['assigned 2'])
      await expect.poll(() => words, patience).toContain('incremental revoke of 2 partition(s)')
    }
    const gone = once(theirs, 'close')
    theirs.kill('SIGTERM')
    await gone
    const before = [...told]
    await expect.poll(weAreTold, patience).toEqual([...before, 'assigned 2'])
    expect(ours.assignment()).toHaveLength(4)
  },
)
