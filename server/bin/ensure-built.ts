import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Something that is made from sources of the project and kept; its stamp holds the digest of what it was made from. */
interface Product {
  what: string
  stamp: string
  sources: readonly string[]
  /** A script below the root, and its arguments; run by this Node. */
  command: readonly string[]
}

export const products = {
  client: {
    what: 'database client',
    stamp: 'prisma/client/.stamp',
    sources: ['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json'],
    command: ['node_modules/prisma/build/index.js', 'generate'],
  },
  pages: {
    what: 'console pages',
    stamp: '.next/.stamp',
    sources: [
      'app/**/*',
      'components/**/*',
      'server/{contract,trpc}/**/*',
      'public/**/*',
      '{next,postcss}.config.*',
      'package-lock.json',
    ],
    command: ['node_modules/next/dist/bin/next', 'build'],
  },
} as const satisfies Record<string, Product>

/**
 * Makes a product when it is missing or older than its sources; otherwise reads a few files and does nothing.
 *
 * @param say receives a line when something is made, and the command's output when it fails
 */
export async function ensureBuilt(name: keyof typeof products, say: (line: string) => void): Promise<void> {
  const { what, stamp, sources, command }: Product = products[name]
  const file = join(root, stamp)
  const wanted = digest(sources)
  if (readIfThere(file) === wanted) return
  const begin = performance.now()
  say(`Building the ${what}...`)
  await runQuietly(command)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, wanted)
  say(`Built the ${what} in ${((performance.now() - begin) / 1000).toFixed(1)} s.`)
}

function runQuietly([script = '', ...args]: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      CHECKPOINT_DISABLE: '1',
      // Prisma asks for its engine even where none is needed; any executable satisfies it, and nothing is downloaded.
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    },
  })
  // The broker and the workers come first while the pages are built.
  if (child.pid !== undefined) setPriority(child.pid, 10)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const stopWithUs = () => child.kill()
  process.once('exit', stopWithUs)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      process.off('exit', stopWithUs)
      if (code === 0) resolve()
      else reject(new Error(`${script} ${args.join(' ')} ended with ${signal ?? `code ${code}`}:\n${output}`))
    })
  })
}

function digest(sources: readonly string[]): string {
  const hash = createHash('sha256').update(process.version)
  for (const name of globSync([...sources], { cwd: root }).sort()) {
    const path = join(root, name)
    if (statSync(path).isFile()) hash.update(name).update(readFileSync(path))
  }
  return hash.digest('hex')
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
