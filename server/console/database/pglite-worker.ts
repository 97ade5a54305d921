import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import type { EmbeddedPostgresData } from '#server/console/database/embedded-postgres.ts'

// PostgreSQL in WebAssembly keeps its thread busy for seconds at a time: it has one of its own.
const { directory, socketPath, template } = workerData as EmbeddedPostgresData
const db = await open()
const server = new PGLiteSocketServer({ db, path: socketPath, maxConnections: 16 })
await server.start()
parentPort?.postMessage('ready')
parentPort?.once('message', () => void stop())

async function stop() {
  await server.stop()
  await db.close()
  process.exit(0)
}

async function open(): Promise<PGlite> {
  if (directory === undefined) return create()
  if (!existsSync(join(directory, 'PG_VERSION'))) {
    // Made beside its place and moved there whole: a process killed meanwhile leaves nothing half made behind.
    const unfinished = `${directory}.new`
    await rm(unfinished, { recursive: true, force: true })
    await mkdir(dirname(directory), { recursive: true })
    await (await create(unfinished)).close()
    await rm(directory, { recursive: true, force: true })
    await rename(unfinished, directory)
  }
  const opened = new PGlite(directory)
  await opened.waitReady
  return opened
}

/** A new database: in 1.5 s from the template, in 4 s without one, which then becomes the template for the next. */
async function create(place?: string): Promise<PGlite> {
  const begun = new PGlite({
    ...(place !== undefined && { dataDir: place }),
    ...(existsSync(template) && { loadDataDir: new Blob([await readFile(template)]) }),
  })
  await begun.waitReady
  if (!existsSync(template)) await keepAsTemplate(begun)
  return begun
}

async function keepAsTemplate(fresh: PGlite): Promise<void> {
  const dump = await fresh.dumpDataDir('gzip')
  const unfinished = `${template}.${process.pid}`
  try {
    await mkdir(dirname(template), { recursive: true })
    await writeFile(unfinished, Buffer.from(await dump.arrayBuffer()))
    await rename(unfinished, template)
  } catch {
    // An installation that cannot be written starts without the template: slower, and just as right.
  }
}
