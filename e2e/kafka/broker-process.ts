import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const entry = join(import.meta.dirname, '../../server/bin/main.mjs')

/** The embedded broker as a process of its own, on a folder that outlives it. */
export interface BrokerProcess extends AsyncDisposable {
  readonly address: string
  readonly pid: number
  /** Ends it without a chance to tidy up, as `kill -9` does, and waits until it is gone. */
  kill(): Promise<void>
  stop(): Promise<void>
}

export function newBrokerFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'sluice-broker-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** Starts a broker and resolves when it serves; the system chooses its port. */
export async function startBrokerProcess(
  folder: string,
  settings: Record<string, string> = {},
): Promise<BrokerProcess> {
  const all = { 'broker.port': '0', 'sluice.data.dir': folder, ...settings }
  const args = ['broker', ...Object.entries(all).map(([key, value]) => `--${key}=${value}`)]
  const child = fork(entry, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  let words = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    words += chunk
  })
  const gone = once(child, 'exit')
  const ready = await Promise.race([
    once(child, 'message').then(([message]) => message as { port: number }),
    gone.then(([code]) => {
      throw new Error(`the broker ended with ${code}: ${words}`)
    }),
  ])
  const end = async (signal: NodeJS.Signals) => {
    if (isRunning(child)) child.kill(signal)
    await gone
  }
  return {
    address: `127.0.0.1:${ready.port}`,
    pid: child.pid ?? 0,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    [Symbol.asyncDispose]: () => end('SIGTERM'),
  }
}

const isRunning = (child: ChildProcess) => child.exitCode === null && child.signalCode === null
