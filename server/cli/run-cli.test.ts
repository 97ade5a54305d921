import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { CliTools } from '#server/cli/cli-command.ts'
import { deleteConnectors } from '#server/cli/commands/changes.ts'
import { reasonOf } from '#server/cli/instance-lines.ts'
import { parseCommandLine } from '#server/cli/parse-command-line.ts'
import { terminal, wellHerder } from '#server/cli/test-tree/terminal.ts'
import { systemClock } from '#server/contract/clock.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { Topics } from '#server/contract/topics.ts'
import { clusterView, connectorStatus } from '#server/rest/json.ts'
import type { MemoryHerder } from '#server/rest/test-tree/memory-herder.ts'

const FILE = 'org.apache.kafka.connect.file.FileStreamSourceConnector'
const source = { 'connector.class': FILE, file: 'in.txt', topic: 'lines', 'tasks.max': '2' }
const folder = () => mkdtempSync(join(tmpdir(), 'sluice-cli-'))

function file(name: string, content: unknown, into = folder()): string {
  mkdirSync(into, { recursive: true })
  const path = join(into, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

test('creates from a file, lists, pauses, resumes, restarts and deletes', async () => {
  const { run } = terminal()
  expect(await run('connectors')).toMatchObject({ code: 0, out: 'No connectors.' })
  expect(await run('create', '-f', file('a.json', { name: 'lines', config: source }))).toMatchObject({
    code: 0,
    out: 'lines: created',
  })
  const listed = await run('connectors')
  expect(listed.out.split('\n').map((line) => line.split(/ {2,}/).slice(0, 4))).toEqual([
    ['NAME', 'STATE', 'TASKS', 'TYPE'],
    ['lines', 'RUNNING', '2/2', 'source'],
  ])
  expect((await run('pause', 'lines')).out).toBe('lines: paused')
  expect((await run('connectors')).out).toContain('PAUSED')
  expect((await run('resume', 'lines')).code).toBe(0)
  expect((await run('restart', 'lines', '--tasks')).out).toBe('lines: restarting connector, task 0, task 1')
  expect((await run('delete', 'lines')).out).toBe('lines: deleted')
  expect((await run('connectors')).out).toBe('No connectors.')
})

test('prints JSON for programs, with the field names of the REST API', async () => {
  const { run, herder } = terminal()
  await run('create', '-f', file('a.json', { name: 'lines', config: source }))
  for (const command of ['status', 'connectors']) {
    const [told] = JSON.parse((await run(command, '--json')).out)
    // As GET /connectors/lines/status says it.
    expect(told).toMatchObject({ name: 'lines', status: connectorStatus.write(await herder.status('lines')) })
    expect(told.status.tasks[0]).toMatchObject({ id: 0, state: 'RUNNING', worker_id: '127.0.0.1:8083' })
  }
  const cluster = JSON.parse((await run('workers', '--json')).out)
  expect(cluster).toEqual(clusterView.write(await herder.cluster()))
  expect(cluster).toMatchObject({ group_id: expect.any(String), workers: [{ leader: true }] })
})

test('status exits 3 when something failed, and says why', async () => {
  const herder = wellHerder()
  const { run } = terminal(herder)
  await run('create', '-f', file('a.json', { name: 'lines', config: source }))
  expect((await run('status')).code).toBe(0)
  const trace = 'Error: Tolerance exceeded in error handler\n\tat x\nCaused by: a.b.DataException: not a number'
  const broken = { ...herder, status: async (name: string) => failing(await herder.status(name), trace) }
  const told = await terminal(broken).run('status', 'lines')
  expect(told.code).toBe(3)
  expect(told.out).toMatch(/task 0 +FAILED .* not a number/)
})

const failing = (status: Awaited<ReturnType<MemoryHerder['status']>>, trace: string) => ({
  ...status,
  tasks: status.tasks.map((task) => ({ ...task, state: 'FAILED' as const, trace })),
})

test('apply makes the cluster what a folder says, shows the difference, and does nothing twice', async () => {
  const { run, herder } = terminal()
  const from = folder()
  file('lines.json', { name: 'lines', config: source }, from)
  file('more.properties', 'connector.class=FileStreamSource\nfile=b.txt\ntopic=b\n', from)
  expect(await run('apply', '-f', from, '--dry-run')).toMatchObject({ code: 3 })
  expect(await herder.list()).toEqual([])
  expect((await run('apply', '-f', from)).out).toContain('+ lines\n')
  expect(await herder.config('more')).toMatchObject({ name: 'more', file: 'b.txt' })
  expect(await run('apply', '-f', from, '--dry-run')).toMatchObject({ code: 0, out: '= lines\n= more' })

  file('lines.json', { name: 'lines', config: { ...source, topic: 'new', 'tasks.max': 3 } }, from)
  const changed = await run('apply', '-f', join(from, 'lines.json'), '--prune')
  expect(changed.out).toBe('~ lines\n    - tasks.max=2\n    + tasks.max=3\n    - topic=lines\n    + topic=new\n- more')
  expect(await herder.list()).toEqual(['lines'])
  expect(await herder.config('lines')).toMatchObject({ topic: 'new', 'tasks.max': '3' })
})

test('what looks like a secret is not printed, unless it is a placeholder', async () => {
  const { run } = terminal()
  const config = { ...source, 'db.password': 'hunter2', 'api.token': '${file:/s:t}', url: 'http://u:pw123@h' }
  const { out } = await run('apply', '-f', file('a.json', { name: 'a', config }), '--dry-run')
  expect(out).not.toContain('hunter2')
  expect(out).not.toContain('pw123')
  expect(out).toContain('db.password=(hidden)')
  expect(out).toContain('api.token=${file:/s:t}')
})

test('numbers in a file keep every digit', async () => {
  const { run, herder } = terminal()
  await run(
    'create',
    '-f',
    file('a.json', `{"name":"a","connector.class":"${FILE}","file":"f","topic":9007199254740993}`),
  )
  expect(await herder.config('a')).toMatchObject({ topic: '9007199254740993' })
})

test('a missing word, an unknown option and a wrong number are told, with exit code 2', async () => {
  const { run } = terminal()
  expect(await run('pause')).toMatchObject({ code: 2, err: expect.stringContaining('<name...> is missing.') })
  expect(await run('connectors', 'x')).toMatchObject({
    code: 2,
    err: expect.stringContaining('"x" is one word too many'),
  })
  expect(await run('status', '--jsn')).toMatchObject({
    code: 2,
    err: 'There is no option --jsn. Did you mean --json?\nsluice status --help says what it takes.',
  })
  expect(await run('create')).toMatchObject({ code: 2, err: expect.stringContaining('-f is missing') })
  expect(await run('restart', 'a', '--task', 'x')).toMatchObject({ code: 2 })
  expect(await run('nothing')).toMatchObject({ code: 2 })
})

test('an unknown connector is told with what to do next and what was probably meant, with exit code 1', async () => {
  const { run, herder } = terminal()
  await herder.create({ name: 'orders', config: source })
  expect(await run('pause', 'none')).toMatchObject({
    code: 1,
    err: 'none: Unknown connector none\n  `sluice connectors` lists them.',
  })
  for (const command of ['status', 'config', 'offsets', 'pause', 'restart', 'delete']) {
    expect(await run(command, 'oders')).toMatchObject({ code: 1, err: expect.stringContaining('Did you mean orders?') })
  }
})

test('what a cluster does not offer is said in one sentence', async () => {
  const herder = { ...wellHerder(), drain: () => Promise.reject(new ConnectError('UNSUPPORTED', 'not run by Sluice')) }
  expect(await terminal(herder).run('drain', 'w:1')).toEqual({ code: 1, out: '', err: 'w:1: not run by Sluice' })
})

test.each([
  [
    'org.x.ConnectException: a\n\tat y\nCaused by: java.nio.file.NoSuchFileException: /no/x',
    'NoSuchFileException: /no/x',
  ],
  ['org.x.ConnectException: a\nCaused by: org.y.DataException: not a number', 'not a number'],
  ['Error: it is gone\n    at z', 'it is gone'],
  ['java.lang.NullPointerException\n\tat z', 'java.lang.NullPointerException'],
])('of the trace %j the reason is %j', (trace, reason) => {
  expect(reasonOf(trace)).toBe(reason)
})

test.each([
  ['pause', 'paused', 'PAUSED'],
  ['resume', 'resumed', 'RUNNING'],
  ['stop', 'stopped', 'STOPPED'],
  ['restart', 'connector restarted', 'RUNNING'],
])('%s goes on after a connector that failed, tells each, and exits 1', async (command, done, state) => {
  const { run, herder } = terminal()
  for (const name of ['a', 'b']) await herder.create({ name, config: source })
  const { code, out, err } = await run(command, 'a', 'none', 'b')
  expect({ code, out }).toEqual({ code: 1, out: `a: ${done}\nb: ${done}` })
  expect(err).toMatch(/^none: Unknown connector:? none\n {2}`sluice connectors` lists them\.$/)
  expect((await herder.status('b')).connector.state).toBe(state)
})

/** Deletes `a` and `b`, and notes in which order what is asked and told; `after` happens when one was asked for. */
async function deleteInTurn(after: (enough: AbortController) => void = () => {}) {
  const memory = wellHerder()
  for (const name of ['a', 'b']) await memory.create({ name, config: source })
  const order: string[] = []
  const enough = new AbortController()
  const tools: CliTools = {
    ...{ workerAt: () => memory, clock: systemClock, signal: enough.signal },
    herder: {
      ...memory,
      async delete(name) {
        order.push(`asked for ${name}`)
        after(enough)
        await memory.delete(name)
      },
    },
    topics: () => expect.fail('no records are asked for'),
    paint: (_look, text) => text,
    print: (text) => void order.push(text),
    complain: (text) => void order.push(text),
  }
  const answer = await deleteConnectors.run(parseCommandLine(deleteConnectors, ['a', 'b']), tools)
  return { order, code: answer?.exitCode, left: await memory.list() }
}

test('each is told as it is done, before the next is asked', async () => {
  const order = ['asked for a', 'a: deleted', 'asked for b', 'b: deleted']
  expect(await deleteInTurn()).toEqual({ order, code: 0, left: [] })
})

test('at Ctrl-C the one that was begun is done, and the rest is told and left', async () => {
  const order = ['asked for a', 'a: deleted', 'b: not asked']
  expect(await deleteInTurn((enough) => enough.abort())).toEqual({ order, code: 1, left: ['b'] })
})

test('with --json the outcome of each is one array', async () => {
  const { run, herder } = terminal()
  for (const name of ['a', 'b']) await herder.create({ name, config: source })
  const { code, out, err } = await run('delete', 'a', 'none', 'b', '--json')
  expect({ code, err }).toEqual({ code: 1, err: '' })
  expect(JSON.parse(out)).toEqual([
    { name: 'a', outcome: 'deleted' },
    { name: 'none', outcome: 'failed', error: { code: 'CONNECTOR_NOT_FOUND', message: 'Connector none not found' } },
    { name: 'b', outcome: 'deleted' },
  ])
  await herder.create({ name: 'c', config: source })
  expect(JSON.parse((await run('restart', 'c', '--tasks', '--json')).out)).toMatchObject([
    { name: 'c', outcome: 'restarting', answer: { connector: { state: 'RESTARTING', worker_id: '127.0.0.1:8083' } } },
  ])
})

test('workers are drained and put back each by itself', async () => {
  const { run, herder } = terminal()
  const id = (await herder.cluster()).workers[0]?.id ?? ''
  for (const [command, done] of [
    ['drain', 'drained'],
    ['undrain', 'put back'],
  ] as const) {
    expect(await run(command, 'nobody:1', id)).toMatchObject({
      ...{ code: 1, out: `${id}: ${done}` },
      err: expect.stringMatching(/^nobody:1: Worker nobody:1 is not/),
    })
  }
})

test('every command says what it takes', async () => {
  const { out, code } = await terminal().run('apply', '--help')
  expect(code).toBe(0)
  expect(out).toMatch(/^Usage: sluice apply \[options\]\n/)
  expect(out).toContain('--dry-run')
  expect(out).toMatch(/^ {2}3 {2}with --dry-run: something would be done$/m)
})

test('tail prints records as they arrive, one a line, whatever is in them', async () => {
  const shown = (text: string) => ({ text, format: 'text' as const, truncated: false })
  const record = {
    partition: 0,
    offset: 7,
    timestamp: 0,
    key: shown('k'),
    value: shown('a\tb\nc\x1b[2J'),
    headers: [],
    size: 2,
  }
  const event = { records: [record], delivered: 1, filtered: 0, skipped: 0, behind: 0 }
  const topics = {
    async *tail() {
      yield { event, place: { delivered: 1, filtered: 0, skipped: 0, next: [] } }
    },
  } as unknown as Topics
  expect((await terminal(undefined, topics).run('tail', 'lines')).out).toBe(
    '1970-01-01T00:00:00.000Z\t0@7\tk\ta\\tb\\nc\\x1b[2J',
  )
})

test('a worker is drained and put back by its id, and shown so among the workers', async () => {
  const { run, herder } = terminal()
  const id = (await herder.cluster()).workers[0]?.id ?? ''
  expect(await run('drain', id, '--wait')).toMatchObject({ code: 0, out: `${id}: drained` })
  expect((await run('workers')).out).toContain('leader, drained')
  expect(await run('undrain', id)).toMatchObject({ code: 0, out: `${id}: put back` })
  expect((await run('workers')).out).not.toContain('drained')
  expect(await run('drain', 'nobody:1')).toMatchObject({ code: 1, err: expect.stringContaining(id) })
})
