import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type RunningConsole, startConsole } from '#server/bin/console.ts'
import { systemClock } from '#server/contract/clock.ts'
import { type RestServer, startRest } from '#server/rest/server.ts'
import { createMemoryHerder } from '#server/rest/test-tree/memory-herder.ts'
import { silentLogger } from '#server/rest/test-tree/silent-logger.ts'

let worker: RestServer
const folders: string[] = []
const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-console-'))
  folders.push(folder)
  return folder
}

beforeAll(async () => {
  worker = await startRest({
    herder: createMemoryHerder(),
    profile: 'safe',
    clock: systemClock,
    logger: silentLogger,
    version: '0.1.0',
    listeners: ['http://127.0.0.1:0'],
  })
})
afterAll(async () => {
  await worker[Symbol.asyncDispose]()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Pages that are never built: this is about what does not need them. */
const start = (options: Partial<Parameters<typeof startConsole>[0]> = {}): Promise<RunningConsole> =>
  startConsole({
    host: '127.0.0.1',
    port: 0,
    dataDir: newFolder(),
    databaseUrl: undefined,
    cluster: { urls: [worker.url], bootstrapServers: undefined },
    pagesBuilt: new Promise(() => undefined),
    dev: false,
    ...options,
  })

const input = encodeURIComponent('{"json":{"cluster":"local","page":"connectors"}}')

test('it answers for the cluster before its database is open, and closes at once', async () => {
  const console_ = await start()
  expect((await fetch(console_.url)).status).toBe(503)
  const version = await fetch(`${console_.url}/api/trpc/cluster.info?input=${input}`)
  expect((await version.json()).result.data.json).toMatchObject({ version: '4.3.1' })
  const begin = performance.now()
  await console_[Symbol.asyncDispose]()
  expect(performance.now() - begin).toBeLessThan(1_000)
})

test('what needs the database waits for it', async () => {
  await using console_ = await start()
  const views = await fetch(`${console_.url}/api/trpc/views.list?input=${input}`)
  expect((await views.json()).result.data.json).toEqual([])
})

test('two consoles on one folder: the second names the first, and does not listen', async () => {
  const dataDir = newFolder()
  await using first = await start({ dataDir })
  await expect(start({ dataDir })).rejects.toMatchObject({ code: 'DATA_FOLDER_IN_USE' })
  expect((await fetch(first.url)).status).toBe(503)
})

test('a port that is taken gives the folder back', async () => {
  const dataDir = newFolder()
  await using other = await start()
  await expect(start({ dataDir, port: Number(new URL(other.url).port) })).rejects.toMatchObject({ code: 'PORT_TAKEN' })
  expect(existsSync(join(dataDir, 'console/console.lock'))).toBe(false)
})

test('pages that cannot be built are told by the page', async () => {
  await using console_ = await start({ pagesBuilt: Promise.reject(new Error('next build ended with code 1')) })
  const page = await fetch(console_.url)
  expect([page.status, await page.text()]).toEqual([500, expect.stringContaining('next build ended with code 1')])
})

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** `sluice console` as a process of its own, watched until it serves. */
async function runPart(env: Record<string, string>) {
  const entry = join(import.meta.dirname, 'main.mjs')
  const child = fork(entry, ['console'], {
    env: { ...process.env, NODE_ENV: 'production', PORT: '0', SLUICE_DATA_DIR: newFolder(), ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  children.push(child)
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', (line) => lines.push(line))
  }
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const ready = new Promise<string>((resolve, reject) => {
    child.on('message', (message: { url?: string }) => resolve(message.url ?? ''))
    void exited.then(() => reject(new Error(lines.join('\n'))))
  })
  return { child, exited, ready }
}

test('alone it is told the workers by its settings, and ends on SIGTERM', async () => {
  const { child, exited, ready } = await runPart({ CONNECT_URLS: `http://127.0.0.1:1, ${worker.url}` })
  const url = await ready
  const version = await fetch(`${url}/api/trpc/cluster.info?input=${input}`)
  expect(version.status).toBe(200)
  child.kill('SIGTERM')
  expect(await exited).toBe(0)
})

test('it ends when the process that started it is gone', async () => {
  const { child, exited, ready } = await runPart({ CONNECT_URLS: worker.url })
  await ready
  child.disconnect()
  expect(await exited).toBe(0)
})

test('a role that does not exist is refused by the setting it came from', async () => {
  const { exited, ready } = await runPart({ CONNECT_CONSOLE_ROLE: 'king' })
  await expect(ready).rejects.toThrow('CONNECT_CONSOLE_ROLE is "king", but must be one of viewer, operator, admin.')
  expect(await exited).toBe(1)
})
