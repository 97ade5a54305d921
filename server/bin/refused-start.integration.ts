import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const main = fileURLToPath(new URL('./main.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'sluice-refused-'))
afterAll(() => rmSync(folder, { recursive: true }))

const worker = {
  listeners: 'http://127.0.0.1:0',
  // Nobody is there: what is refused is refused before Kafka is asked.
  'bootstrap.servers': '127.0.0.1:1',
  'group.id': 'refused',
  'config.storage.topic': 'configs',
  'offset.storage.topic': 'offsets',
  'status.storage.topic': 'statuses',
  'offset.storage.file.filename': join(folder, 'offsets.dat'),
  'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
}

/** What a process says that ends by itself; one that does not is ended, and has no code. */
function start(part: 'worker' | 'standalone', settings: Record<string, string>) {
  const file = join(folder, 'worker.properties')
  const lines = Object.entries({ ...worker, ...settings }).map(([key, value]) => `${key}=${value}\n`)
  writeFileSync(file, lines.join(''))
  const { status, stderr } = spawnSync(process.execPath, [main, part, file], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
  return { status, stderr }
}

test.each([
  ['worker', 'compat'],
  ['worker', 'safe'],
  ['standalone', 'compat'],
] as const)('a data folder that was asked for and cannot be made ends the %s (%s) with its path', (part, profile) => {
  const { status, stderr } = start(part, { 'sluice.profile': profile, 'sluice.data.dir': '/proc/sluice' })
  expect(stderr).toMatch(/^The data folder \/proc\/sluice cannot be used: .*\n.*sluice\.data\.dir/)
  expect(status).toBe(1)
})

test('misspelled settings are told, with where they come from, and keep no worker from starting', () => {
  const typos = { 'ofset.flush.interval.ms': '1000', 'sluice.profil': 'safe', 'of.somebody.else': 'x' }
  // So that it ends: nobody has this address.
  const { stderr } = start('worker', { ...typos, listeners: 'http://192.0.2.1:8083' })
  const file = join(folder, 'worker.properties')
  const told = stderr.split('\n').filter((line) => line.includes('is not known'))
  expect(told).toEqual([
    expect.stringMatching(
      / WARN .*ofset\.flush\.interval\.ms is not known .* Did you mean offset\.flush\.interval\.ms\?/,
    ),
    expect.stringContaining(`Did you mean sluice.profile? It comes from ${file}.`),
  ])
  expect(stderr).toContain('192.0.2.1')
})
