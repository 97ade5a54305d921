import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { freePort } from '#e2e/harness/free-port.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** `npm start` as a person runs it, watched from outside: its lines, its addresses, its processes. */
export interface SluiceProcess extends AsyncDisposable {
  readonly pid: number
  readonly lines: readonly string[]
  /** Resolves with the first line that matches, printed already or still to come; rejects when the process ends first. */
  line(pattern: RegExp): Promise<string>
  /** Ends the process by a signal and resolves with its exit code (null when a signal ended it). */
  end(signal: NodeJS.Signals): Promise<number | null>
  readonly exited: Promise<number | null>
}

export interface SluicePlace {
  dataDir: string
  env: Record<string, string>
  rest: string
  console: string
  broker: string
}

/** A folder and ports of its own, so that tests and a running Sluice leave each other alone. */
export async function newPlace(): Promise<SluicePlace> {
  const [web = 0, rest = 0, broker = 0] = await freePorts()
  const dataDir = join(mkdtempSync(join(tmpdir(), 'sluice-start-')), 'data')
  return {
    dataDir,
    env: {
      PORT: String(web),
      CONNECT_REST_PORT: String(rest),
      BROKER_PORT: String(broker),
      SLUICE_DATA_DIR: dataDir,
    },
    rest: `http://127.0.0.1:${rest}`,
    console: `http://127.0.0.1:${web}`,
    broker: `127.0.0.1:${broker}`,
  }
}

export function startSluice(env: Record<string, string>): SluiceProcess {
  const child = spawn(process.execPath, [join(root, 'server/bin/main.mjs'), 'start'], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const watchers = new Set<(line: string) => void>()
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      for (const watch of watchers) watch(line)
    })
  }
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal)
    return exited
  }
  return {
    pid: child.pid ?? 0,
    lines,
    exited,
    end,
    line: (pattern) => waitForLine(pattern, lines, watchers, exited),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) await end('SIGTERM')
    },
  }
}

function waitForLine(
  pattern: RegExp,
  lines: readonly string[],
  watchers: Set<(line: string) => void>,
  exited: Promise<unknown>,
): Promise<string> {
  const said = lines.find((line) => pattern.test(line))
  if (said !== undefined) return Promise.resolve(said)
  return new Promise((resolve, reject) => {
    const watch = (line: string) => {
      if (!pattern.test(line)) return
      watchers.delete(watch)
      resolve(line)
    }
    watchers.add(watch)
    void exited.then(() => reject(new Error(`ended before printing ${pattern}:\n${lines.join('\n')}`)))
  })
}

/** The direct children of a process, by their command's first word: `broker`, `worker`. Linux. */
export function childrenOf(pid: number): { pid: number; part: string }[] {
  const ids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  return ids.map((id) => {
    const words = readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0')
    return { pid: id, part: words[words.findIndex((word) => word.endsWith('main.mjs')) + 1] ?? '' }
  })
}

/** Three neighbouring groups of ports: the console, workers (ten in a row) and the broker. */
async function freePorts(): Promise<number[]> {
  const first = await freePort()
  return [first, await freePort(), await freePort()]
}
