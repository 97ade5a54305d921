import { type ChildProcess, fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const entry = fileURLToPath(new URL('../../server/bin/main.mjs', import.meta.url))
const startWithinMs = 30_000

/** One process of Sluice (a broker, a worker), watched and ended from outside. */
export interface SluicePart extends AsyncDisposable {
  readonly pid: number
  /** What it printed so far, both streams. */
  readonly lines: readonly string[]
  /** SIGTERM; resolves when the process is gone. */
  stop(): Promise<void>
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
}

/** Starts `sluice <args>` and resolves when it says that it serves; rejects with its last words when it does not. */
export async function startPart(args: readonly string[], env: Record<string, string> = {}): Promise<SluicePart> {
  const child = fork(entry, [...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', (line) => lines.push(line))
  }
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const part: SluicePart = {
    pid: child.pid ?? 0,
    lines,
    stop: () => end(child, 'SIGTERM', gone),
    kill: () => end(child, 'SIGKILL', gone),
    [Symbol.asyncDispose]: () => end(child, 'SIGTERM', gone),
  }
  const impatience = AbortSignal.timeout(startWithinMs)
  const outcome = await Promise.race([
    new Promise<'ready'>((resolve) => {
      child.on('message', (message: { ready?: boolean }) => message.ready === true && resolve('ready'))
    }),
    gone.then(() => 'ended' as const),
    new Promise<'late'>((resolve) => impatience.addEventListener('abort', () => resolve('late'))),
  ])
  if (outcome === 'ready') return part
  await part.kill()
  const what = outcome === 'ended' ? 'ended' : `did not serve within ${startWithinMs} ms`
  throw new Error(`sluice ${args.join(' ')} ${what}:\n${lines.slice(-40).join('\n')}`)
}

async function end(child: ChildProcess, signal: NodeJS.Signals, gone: Promise<void>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal)
  await gone
}
