import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type WatchedProcess, watchProcess } from '#e2e/harness/watched-process.ts'

const entry = fileURLToPath(new URL('../../server/bin/main.mjs', import.meta.url))
const startWithinMs = 30_000

/** Starts `sluice <args>` and resolves when it says that it serves; rejects with its last words when it does not. */
export async function startPart(args: readonly string[], env: Record<string, string> = {}): Promise<WatchedProcess> {
  // What a test was given for itself would count before what it gives to a part.
  const { BOOTSTRAP_SERVERS: _, ...inherited } = process.env
  const child = fork(entry, [...args], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const part = watchProcess(child)
  const impatience = AbortSignal.timeout(startWithinMs)
  const outcome = await Promise.race([
    new Promise<'ready'>((resolve) => {
      child.on('message', (message: { ready?: boolean }) => message.ready === true && resolve('ready'))
    }),
    part.gone.then(() => 'ended' as const),
    new Promise<'late'>((resolve) => impatience.addEventListener('abort', () => resolve('late'))),
  ])
  if (outcome === 'ready') return part
  await part.kill()
  const what = outcome === 'ended' ? 'ended' : `did not serve within ${startWithinMs} ms`
  throw new Error(`sluice ${args.join(' ')} ${what}:\n${part.lines.slice(-40).join('\n')}`)
}
