import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { terminal, wellHerder } from '#server/cli/test-tree/terminal.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { Herder } from '#server/contract/herder.ts'

const FILE = 'org.apache.kafka.connect.file.FileStreamSourceConnector'
const source = { 'connector.class': FILE, file: 'in.txt', topic: 'lines' }
const required = 'Missing required configuration "topic" which has no default value.'

let from: string
beforeEach(() => {
  from = mkdtempSync(join(tmpdir(), 'sluice-configs-'))
})
afterEach(() => rmSync(from, { recursive: true }))

function file(name: string, content: unknown): string {
  const path = join(from, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

/** What Kafka Connect says of a class that it does not have: all that it has, and at length. */
const lacking = (plugin: string) =>
  `Failed to find any class that implements Connector and which name matches ${plugin}, available connectors are: ${`PluginDesc{klass=class ${FILE}, name='${FILE}', version='4.3.1'}, `.repeat(20)}`

/** A cluster that has FileStreamSource alone. */
function onePlugin(): Herder {
  const memory = wellHerder()
  return {
    ...memory,
    plugins: async () => [{ class: FILE, type: 'source' }],
    validate: (plugin, config) =>
      plugin === FILE
        ? memory.validate(plugin, config)
        : Promise.reject(new ConnectError('BAD_REQUEST', `org.apache.kafka.ConnectException: ${lacking(plugin)}`)),
  }
}

/** A folder in which all sorts of things are wrong, and two that are right. */
function mixedFolder() {
  const { topic: _, ...topicless } = source
  return {
    good: file('a-good.json', { name: 'good', config: source }),
    list: file('b-list.json', [{ name: 'z' }, { name: 'fine', ...source }, { config: source }]),
    broken: file('c-broken.json', '{"name":'),
    typo: file('d-typo.json', { name: 'typo', config: { ...source, 'connector.class': 'FileStreamSorce' } }),
    topicless: file('e-topicless.json', { name: 'topicless', config: topicless }),
    properties: file('f.properties', 'file=x\n'),
    state: file('g-state.json', { name: 'state', config: { ...source, file: ['x'] }, initial_state: 'UP' }),
  }
}

const problemsOf = (files: ReturnType<typeof mixedFolder>) => [
  `${files.list}: z: config: is missing`,
  `${files.list}: a connector in a list needs a name`,
  expect.stringMatching(`^${files.broken}: it is not JSON: `),
  `${files.typo}: typo: connector.class: the workers have no connector FileStreamSorce. Did you mean ${FILE}? \`sluice plugins\` lists what they have.`,
  `${files.topicless}: topicless: topic: ${required}`,
  `${files.properties}: f: connector.class: is missing`,
  `${files.state}: state: file: must be a text, a number, true, false or null`,
  `${files.state}: state: initial_state: must be RUNNING, PAUSED or STOPPED`,
]

test('apply tells file, connector and key of everything that is wrong, in a line each, and changes nothing', async () => {
  const files = mixedFolder()
  const { run, herder } = terminal(onePlugin())
  for (const command of ['apply', 'create']) {
    const { code, out, err } = await run(command, '-f', from)
    expect({ command, code, out }).toEqual({ command, code: 1, out: '' })
    expect(err.split('\n').slice(0, -1)).toEqual(problemsOf(files))
    expect(err.split('\n').at(-1)).toMatch(/^Nothing was (changed|created)\./)
    expect(await herder.list()).toEqual([])
  }
})

test('validate looks at every file, and tells of those that are right, too', async () => {
  const files = mixedFolder()
  const { code, out } = await terminal(onePlugin()).run('validate', '-f', from)
  expect(code).toBe(1)
  const [z, ...others] = problemsOf(files)
  expect(out.split('\n')).toEqual([`${files.good}: good: valid`, z, `${files.list}: fine: valid`, ...others])
})

test('with --json what is wrong is an array by file and connector, without the configs', async () => {
  const files = mixedFolder()
  for (const [command, count] of [
    ['validate', 9],
    ['apply', 7],
  ] as const) {
    const { code, out, err } = await terminal(onePlugin()).run(command, '-f', from, '--json')
    expect({ command, code, err }).toEqual({ command, code: 1, err: '' })
    const told = JSON.parse(out)
    expect(told).toHaveLength(count)
    expect(told).toContainEqual({ file: files.list, name: 'z', problems: [{ field: 'config', message: 'is missing' }] })
    expect(out).not.toContain('in.txt')
  }
})

test('apply --skip-invalid applies what is right, tells what it left out, and exits 1', async () => {
  const files = mixedFolder()
  const { run, herder } = terminal(onePlugin())
  const { code, out, err } = await run('apply', '-f', from, '--skip-invalid')
  expect(code).toBe(1)
  expect(out).toMatch(/^\+ fine\n[\s\S]*\n\+ good\n/)
  expect(err.split('\n')).toEqual([...problemsOf(files), 'These were left out.'])
  expect(await herder.list()).toEqual(['fine', 'good'])
})

test('nothing is deleted for want of a file that cannot be read', async () => {
  file('bad.json', '{')
  const { run, herder } = terminal()
  await herder.create({ name: 'kept', config: source })
  expect((await run('apply', '-f', from, '--prune')).code).toBe(1)
  expect((await run('apply', '-f', from, '--prune', '--skip-invalid')).code).toBe(2)
  expect(await herder.list()).toEqual(['kept'])
})

test('what stays as it is need not be valid any more', async () => {
  file('old.json', { name: 'old', config: source })
  const { run, herder } = terminal(onePlugin())
  await herder.create({ name: 'old', config: source })
  const refusing = { ...herder, validate: () => Promise.reject(new ConnectError('BAD_REQUEST', lacking(FILE))) }
  expect(await terminal(refusing).run('apply', '-f', from)).toMatchObject({ code: 0, out: '= old' })
  expect(await run('apply', '-f', from)).toMatchObject({ code: 0, out: '= old' })
})

test.each([
  ['not JSON', '{', 'it is not JSON'],
  ['a list of nothing', '[1]', 'a connector must be an object'],
  ['a config that is none', { name: 'a', config: 'x' }, 'a: config: must be an object of settings'],
  ['no plugin', { name: 'a', config: { topic: 'x' } }, 'a: connector.class: is missing'],
  ['a nested value', { name: 'a', config: { ...source, x: {} } }, 'a: x: must be a text'],
  ['an unknown state', { name: 'a', config: source, initial_state: 'UP' }, 'a: initial_state: must be'],
])('a file with %s is refused with its name', async (_, content, message) => {
  const path = file('a.json', content)
  for (const command of ['create', 'apply', 'validate']) {
    const { code, out, err } = await terminal().run(command, '-f', path)
    expect({ command, code }).toEqual({ command, code: 1 })
    expect(out + err).toContain(`${path}: ${message}`)
  }
})

test('a path that is not there, and a connector in two files, are told by file', async () => {
  const [one, two] = [file('1.json', { name: 'a', config: source }), file('2.json', { name: 'a', config: source })]
  const nowhere = join(from, 'nowhere')
  const { code, err } = await terminal().run('apply', '-f', from, '-f', nowhere)
  expect(code).toBe(1)
  expect(err.split('\n')).toEqual([
    `${one}: a: name: it also stands in ${two}`,
    `${two}: a: name: it also stands in ${one}`,
    expect.stringMatching(`^${nowhere}: ENOENT`),
    expect.any(String),
  ])
})

test('create creates nothing when one of the connectors exists', async () => {
  const path = file('both.json', [
    { name: 'a', config: source },
    { name: 'b', config: source },
  ])
  const { run, herder } = terminal()
  await herder.create({ name: 'b', config: source })
  const { code, err } = await run('create', '-f', path)
  expect(code).toBe(1)
  expect(err).toMatch(`${path}: b: name: a connector of this name exists already`)
  expect(await herder.list()).toEqual(['b'])
})

test('a change that is refused all the same is told with its connector, and with what was done before it', async () => {
  const memory = wellHerder()
  const full = new ConnectError('BAD_REQUEST', 'no room')
  const herder: Herder = {
    ...memory,
    create: (request) => (request.name === 'b' ? Promise.reject(full) : memory.create(request)),
  }
  file('a.json', { name: 'a', config: source })
  const path = file('b.json', { name: 'b', config: source })
  for (const command of ['create', 'apply']) {
    const { code, err } = await terminal(herder).run(command, '-f', from)
    expect({ command, code }).toEqual({ command, code: 1 })
    expect(err).toContain(`${path}: b: no room\nBefore: a: created.`)
    await memory.delete('a')
  }
})

test('where no worker answers, that is told once and of no file', async () => {
  file('a.json', { name: 'a', config: source })
  const away = new ConnectError('WORKER_UNREACHABLE', 'No worker answered at http://w:1')
  const herder: Herder = { ...wellHerder(), validate: () => Promise.reject(away) }
  const { code, err } = await terminal(herder).run('validate', '-f', from)
  expect(code).toBe(1)
  expect(err).toMatch(/^No worker answered at http:\/\/w:1\nCheck that a worker runs there/)
})
