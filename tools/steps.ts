import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** Runs a script of an installed package (or of this project) on this Node, its output going to the terminal. */
export function runStep(
  name: string,
  script: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<boolean> {
  const begin = performance.now()
  console.log(`\n== ${name}`)
  const child = spawn(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', ...env },
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => {
      console.log(`== ${name}: ${code === 0 ? 'ok' : 'failed'}, ${((performance.now() - begin) / 1000).toFixed(1)} s`)
      resolve(code === 0)
    })
  })
}
