import { existsSync, writeFileSync } from 'node:fs'

/**
 * Makes the trouble that a config asks for (`block`, `spin`, `crash`, `exit` or `throw`), when `hook` is the hook it names: every time, or with `once`, a file's name,
 * only as long as the file does not exist.
 */
export async function makeTrouble(hook: string, config: Readonly<Record<string, string>>): Promise<void> {
  if (!isDue(hook, config)) return
  switch (config.trouble) {
    case 'block':
      return new Promise(() => undefined)
    case 'spin':
      return spin()
    case 'crash':
      setImmediate(() => {
        throw new Error(`crashed in ${hook}`)
      })
      return
    case 'exit':
      process.exit(7)
      return
    default:
      throw new Error(`trouble in ${hook}`, { cause: new Error('the root of it') })
  }
}

/** The same for a hook that cannot wait. */
export function makeTroubleNow(hook: string, config: Readonly<Record<string, string>>): void {
  if (!isDue(hook, config)) return
  if (config.trouble === 'spin') spin()
  throw new Error(`trouble in ${hook}`, { cause: new Error('the root of it') })
}

function isDue(hook: string, { hook: chosen, once }: Readonly<Record<string, string>>): boolean {
  if (hook !== chosen) return false
  if (once === undefined) return true
  if (existsSync(once)) return false
  writeFileSync(once, hook)
  return true
}

function spin(): never {
  for (;;) Math.random()
}
