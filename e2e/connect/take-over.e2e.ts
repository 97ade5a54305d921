import { writeFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import {
  carries,
  fileSink,
  fileSource,
  type Ground,
  type Kind,
  linesOf,
  openGround,
  put,
  running,
} from '#e2e/connect/ground.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { ask, askSettled, inState } from '#e2e/harness/rest.ts'
import { readWhole } from '#e2e/harness/topic.ts'
import { createTopic, describeTopic } from '#e2e/harness/topic-settings.ts'
import { eventually } from '#e2e/start/eventually.ts'

let ground: Ground
afterEach(() => ground?.[Symbol.asyncDispose]())

/** Everything that a person may have told a cluster, as REST shows it. */
async function shown({ url }: ConnectWorker) {
  const { body } = await ask(url, 'GET', '/connectors?expand=info&expand=status')
  return Object.fromEntries(
    Object.entries<{ info: unknown; status: { connector: { state: string }; tasks: { state: string }[] } }>(body).map(
      ([name, { info, status }]) => [
        name,
        { info, connector: status.connector.state, tasks: status.tasks.map(({ state }) => state) },
      ],
    ),
  )
}

const offsets = async ({ url }: ConnectWorker, name: string) =>
  (await ask(url, 'GET', `/connectors/${name}/offsets`)).body.offsets

// ASCII alone: Kafka's own file source counts characters and skips bytes, so it loses its place in other text.
const numbered = (begin: number, end: number) => Array.from({ length: end - begin }, (_, n) => `line ${begin + n}`)

describe.each([
  ['jvm', 'sluice'],
  ['sluice', 'jvm'],
] as const)('what %s workers began', (begins, takesOver) => {
  test(`is taken over by ${takesOver} workers and given back, from the committed offsets each time`, async () => {
    ground = openGround()
    const topic = `${ground.group}-lines`
    const [from, to] = [ground.file('in.txt'), ground.file('out.txt')]
    writeFileSync(from, '')
    writeFileSync(ground.file('quiet.txt'), 'never read\n')

    const owner = await ground.start(begins)
    await put(owner, 'source', fileSource(from, topic))
    await put(owner, 'sink', fileSink(to, topic))
    for (const [name, how] of [
      ['paused', 'pause'],
      ['stopped', 'stop'],
    ] as const) {
      await put(owner, name, fileSource(ground.file(`none-${name}.txt`), `${ground.group}-${name}`))
      await inState(owner.url, name, 'RUNNING')
      expect(await askSettled(owner.url, 'PUT', `/connectors/${name}/${how}`)).toMatchObject({
        status: how === 'pause' ? 202 : 204,
      })
      await inState(owner.url, name, how === 'pause' ? 'PAUSED' : 'STOPPED', how === 'pause' ? 1 : 0)
    }
    await carries(from, to, numbered(0, 100))

    let before = owner
    let count = 100
    for (const kind of [takesOver, begins, takesOver] satisfies Kind[]) {
      const told = await shown(before)
      await before.part.stop()
      const next = await ground.start(kind)
      await eventually(
        async () => {
          expect(await shown(next)).toEqual(told)
          return true
        },
        { withinMs: 60_000, what: `the ${kind} worker shows and runs what the other left` },
      )
      // What is behind is not read again: a clean stop has committed it (I2).
      await carries(from, to, numbered(count, count + 100))
      count += 100
      expect(linesOf(to)).toEqual(numbered(0, count))
      await eventually(
        async () => {
          const [source] = await offsets(next, 'source')
          return source?.offset.position === Buffer.byteLength(numbered(0, count).join('\n')) + 1 ? true : undefined
        },
        { withinMs: 30_000, what: 'the position of the source is committed in bytes' },
      )
      before = next
    }
  })
})

test('both kinds write the same keys and the same values into the internal topics', async () => {
  const worlds = []
  for (const kind of ['jvm', 'sluice'] as const) {
    await using world = openGround()
    const topic = 'lines'
    const worker = await world.start(kind)
    const path = '/tmp/sluice-same-bytes'
    writeFileSync(`${path}.in`, 'one\ntwo\n')
    await put(worker, 'source', fileSource(`${path}.in`, `${topic}`))
    await running(worker, { source: 1 }, [worker])
    await eventually(async () => ((await offsets(worker, 'source'))[0]?.offset.position === 8 ? true : undefined), {
      withinMs: 30_000,
      what: 'the offset is committed',
    })
    for (const step of ['pause', 'resume', 'stop'] as const) {
      await askSettled(worker.url, 'PUT', `/connectors/source/${step}`)
      await inState(
        worker.url,
        'source',
        { pause: 'PAUSED', resume: 'RUNNING', stop: 'STOPPED' }[step],
        step === 'stop' ? 0 : 1,
      )
    }
    await askSettled(worker.url, 'DELETE', '/connectors/source/offsets')
    await askSettled(worker.url, 'DELETE', '/connectors/source')
    const gone = ['status-connector-source', 'status-task-source-0', 'status-topic-lines:connector-source']
    await eventually(
      async () => {
        const last = new Map(
          (await readWhole(world.bootstrapServers, `${world.group}-status`)).map(({ key, value }) => [
            String(key),
            value,
          ]),
        )
        return gone.every((key) => last.get(key) === null) || undefined
      },
      { withinMs: 30_000, what: 'nothing is said any more of what was deleted' },
    )
    await worker.part.stop()
    const read = async (name: string) =>
      (await readWhole(world.bootstrapServers, `${world.group}-${name}`)).map(({ key, value }) => ({
        key: String(key),
        value: value === null ? null : withoutWhoAndWhen(String(value), worker.id),
      }))
    worlds.push({
      kind,
      configs: await read('configs'),
      offsets: await read('offsets'),
      // How often each stands there depends on who was faster, and how much it could leave out.
      status: new Set((await read('status')).map(({ key, value }) => `${key} ${value}`)),
    })
  }
  const [theirs, ours] = worlds
  expect(ours?.configs).toEqual(theirs?.configs)
  expect(ours?.offsets).toEqual(theirs?.offsets)
  // Of what it removes a JVM worker says first that nobody runs it, which nobody can see; all else is said by both.
  const said = [...(theirs?.status ?? [])].filter((text) => !text.includes('UNASSIGNED'))
  expect([...(ours?.status ?? [])].sort()).toEqual(said.sort())
})

/** Text for text, but for what differs between any two workers. */
const withoutWhoAndWhen = (text: string, id: string) =>
  text
    .replaceAll(id, 'WORKER')
    .replace(/"generation":\d+/, '"generation":N')
    .replace(/"discoverTimestamp":\d+/, '"discoverTimestamp":N')
    .replace(/"creation-timestamp":\d+/, '"creation-timestamp":N')
    .replace(/"key":"[^"]+"/, '"key":"K"')
    // A task's config is a HashMap to Kafka Connect, whose order is of no meaning.
    .replace(/^{"properties":({.*"task\.class".*})}$/, (_, properties) => sortedJson(properties))

const sortedJson = (text: string) => JSON.stringify(Object.entries(JSON.parse(text)).sort())

test('the internal topics are created with the settings of Kafka Connect', async () => {
  const worlds = []
  for (const kind of ['jvm', 'sluice'] as const) {
    await using world = openGround({ 'status.storage.partitions': '3', 'status.storage.max.message.bytes': '2000000' })
    await world.start(kind)
    const topics = ['configs', 'offsets', 'status'].map((name) =>
      describeTopic(world.bootstrapServers, `${world.group}-${name}`),
    )
    worlds.push(await Promise.all(topics))
  }
  const [theirs, ours] = worlds
  expect(ours).toEqual(theirs)
  expect(ours?.map(({ partitions }) => partitions)).toEqual([1, 25, 3])
})

test.each([
  ['configs', { partitions: 2, config: { 'cleanup.policy': 'compact' } }],
  ['configs', { partitions: 1, config: { 'cleanup.policy': 'delete' } }],
  ['offsets', { partitions: 3, config: { 'cleanup.policy': 'delete' } }],
  ['status', { partitions: 3, config: { 'cleanup.policy': 'compact,delete' } }],
] as const)('a topic for %s with %j is refused by both kinds, in words that name it', async (name, settings) => {
  ground = openGround()
  const topic = `${ground.group}-${name}`
  await createTopic(ground.bootstrapServers, topic, settings)
  const jvm = await ground.start('jvm', {}, true)
  await jvm.part.gone
  expect(jvm.part.lines.join('\n')).toContain(topic)
  const refused = ground.start('sluice', {}, true).then(async ({ part }) => {
    await part.gone
    return part.lines.join('\n')
  }, String)
  expect(await refused).toContain(topic)
})
