#!/usr/bin/env node
// The one entry point, in plain JavaScript, because it may be read by a Node that is too old for the rest and may run
// before anything is installed. It installs what the lock file names, moves to the packaged Node 24, and hands over.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const neededMajor = 24
const major = Number(process.versions.node.split('.')[0])

/** Runs `npm ci` when the installed packages are not those of the lock file. A published package has no lock file. */
function install() {
  const lockFile = join(root, 'package-lock.json')
  if (!existsSync(lockFile)) return
  const wanted = createHash('sha256').update(readFileSync(lockFile)).digest('hex')
  const stamp = join(root, 'node_modules/.sluice-installed')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  const nodeIsMissing = major < neededMajor && !packagedNode()
  if (nodeIsMissing || !installedAsLocked(lockFile)) {
    console.log('Installing packages from package-lock.json (about half a minute, once)...')
    const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    if (status !== 0) {
      console.error(`npm ci failed${error ? `: ${error.message}` : ''}. Run it by hand in ${root} to see why.`)
      process.exit(status ?? 1)
    }
  }
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  writeFileSync(stamp, wanted)
}

/** A person's own `npm install` counts: every package of the lock file that this machine needs is there in its version. */
function installedAsLocked(lockFile) {
  const record = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(record)) return false
  const wanted = JSON.parse(readFileSync(lockFile, 'utf8')).packages
  const present = JSON.parse(readFileSync(record, 'utf8')).packages
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional || present[path]?.version === entry.version,
  )
}

function packagedNode() {
  const names = [`node-${process.platform}-${process.arch}`, `node-win-${process.arch}`]
  return names
    .map((name) => join(root, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node'))
    .find((path) => existsSync(path))
}

install()

if (major < neededMajor) {
  const node = packagedNode()
  if (!node) {
    console.error(
      `Sluice needs Node ${neededMajor} or newer, this is ${process.version}, and no packaged Node exists for ` +
        `${process.platform} on ${process.arch}. Install Node ${neededMajor}, then run the command again.`,
    )
    process.exit(1)
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  // The terminal sends Ctrl-C to both; the child decides when it is done.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)))
} else {
  const { enableCompileCache } = await import('node:module')
  // In the environment, because threads and child processes look only there: without it each strips all types again.
  process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/compile')
  enableCompileCache()
  // A file operation that never returns, of a pipe that nobody reads or a disk that is away, holds one of these threads for good.
  process.env.UV_THREADPOOL_SIZE ??= '16'
  const [, , first, second, ...rest] = process.argv
  if (first === 'run') {
    // `run FILE ...`: a script of this project on the packaged Node, with everything installed first.
    process.argv = [process.argv[0], join(root, second), ...rest]
    await import(pathToFileURL(join(root, second)).href)
  } else {
    // The console brings what others wrote, by the thousand, which is found as ever.
    if (first !== 'start' && first !== 'console') await import('./short-imports.mjs')
    const { run } = await import('./command.ts')
    await run(process.argv.slice(2))
  }
}
