import type { ChildProcess } from 'node:child_process'
import { createWriteStream, mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'

/** A process of the system under test, watched and ended from outside. */
export interface WatchedProcess extends AsyncDisposable {
  readonly pid: number
  /** What it printed so far, both streams. */
  readonly lines: readonly string[]
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>
  /** Null while it runs, and when a signal ended it. */
  readonly exitCode: number | null
  /** SIGTERM; resolves when the process is gone. */
  stop(): Promise<void>
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
  /** SIGSTOP: it keeps its connections and does nothing. */
  freeze(): void
  /** SIGCONT. */
  thaw(): void
}

/** What it prints is kept in `SLUICE_KEEP_OUTPUT`, too, where that names a folder: one file a process, by its number. */
export function watchProcess(child: ChildProcess): WatchedProcess {
  const lines: string[] = []
  const file = fileFor(child)
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', (line) => lines.push(line))
    if (file) stream?.pipe(file, { end: false })
  }
  if (file) child.once('close', () => file.end())
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    await gone
  }
  return {
    pid: child.pid ?? 0,
    lines,
    gone,
    get exitCode() {
      return child.exitCode
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGCONT')
      await end('SIGTERM')
    },
  }
}

function fileFor(child: ChildProcess) {
  const folder = process.env.SLUICE_KEEP_OUTPUT
  if (!folder || child.pid === undefined) return undefined
  mkdirSync(folder, { recursive: true })
  return createWriteStream(join(folder, `${basename(child.spawnfile)}-${child.pid}.log`))
}
