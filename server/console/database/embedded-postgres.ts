import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { ConnectError, messageOf } from '#server/contract/errors.ts'

/** What the worker thread gets. */
export interface EmbeddedPostgresData {
  /** Undefined: in memory. */
  directory: string | undefined
  socketPath: string
  /** A packed empty database, made by whoever needs it first. */
  template: string
}

export interface EmbeddedPostgres extends AsyncDisposable {
  /** Holds the unix socket, as `host` of a PostgreSQL client wants it. */
  socketDirectory: string
}

const cache = join(import.meta.dirname, '../../../node_modules/.cache/sluice')

/** A template serves the version of PGlite that made it. */
function pgliteVersion(): string {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite')
  const manifest: { version: string } = JSON.parse(readFileSync(join(dirname(entry), '../package.json'), 'utf8'))
  return manifest.version
}

/**
 * PGlite in a worker thread behind a unix socket, so that everything above it is the same as with a PostgreSQL server.
 * Without a directory it lives in memory. PGlite itself locks nothing: whoever calls this holds the directory's lock (I7).
 *
 * @param signal gives the start up, which takes seconds; a directory is then as after a crash, which it survives
 */
export async function startEmbeddedPostgres(
  directory: string | undefined,
  signal: AbortSignal,
): Promise<EmbeddedPostgres> {
  const socketDirectory = await mkdtemp(join(tmpdir(), 'sluice-pg-'))
  const workerData: EmbeddedPostgresData = {
    directory,
    socketPath: join(socketDirectory, '.s.PGSQL.5432'),
    template: join(cache, `pglite-${pgliteVersion()}.tar.gz`),
  }
  const worker = new Worker(new URL('./pglite-worker.ts', import.meta.url), { workerData })
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const giveUp = () => void worker.terminate()
  signal.addEventListener('abort', giveUp)
  if (signal.aborted) giveUp()
  const removeSocket = () => rm(socketDirectory, { recursive: true, force: true })
  try {
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve())
      worker.once('error', reject)
      void gone.then(() => reject(new Error('its thread ended')))
    })
  } catch (cause) {
    await removeSocket()
    signal.throwIfAborted()
    const where = directory ?? 'memory'
    throw new ConnectError(
      'DATA_FOLDER_UNUSABLE',
      `The console's database in ${where} does not open: ${messageOf(cause)}`,
      {
        cause,
      },
    )
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
  return {
    socketDirectory,
    async [Symbol.asyncDispose]() {
      worker.postMessage('stop')
      await gone
      await removeSocket()
    },
  }
}
