import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaClient } from '#prisma/client/client.ts'
import { startEmbeddedPostgres } from '#server/console/database/embedded-postgres.ts'
import { migrate } from '#server/console/database/migrate.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'

export interface Database extends AsyncDisposable {
  readonly prisma: PrismaClient
  /** The migrations that this start applied. */
  readonly applied: readonly string[]
}

/** A PostgreSQL server, a folder of our own, or memory. */
export type DatabasePlace = { url: string } | { directory: string } | 'memory'

/**
 * What the console remembers: one code path over `pg` and Prisma, whether PostgreSQL is embedded or a server.
 *
 * @param signal gives the opening up; a database that is open is closed by its owner
 */
export async function openDatabase(
  place: DatabasePlace,
  signal: AbortSignal = new AbortController().signal,
): Promise<Database> {
  const lifecycle = createLifecycle()
  try {
    const pool = new pg.Pool({ ...(await connectionTo(place)), max: 8 })
    // An idle connection that the server ends is replaced at the next query, which then tells what is wrong.
    pool.on('error', () => undefined)
    lifecycle.defer(() => pool.end())
    const applied = await migrate(pool)
    const prisma = new PrismaClient({ adapter: new PrismaPg(pool) })
    lifecycle.defer(() => prisma.$disconnect())
    return { prisma, applied, [Symbol.asyncDispose]: () => lifecycle[Symbol.asyncDispose]() }
  } catch (error) {
    await lifecycle[Symbol.asyncDispose]()
    throw error instanceof ConnectError || typeof place === 'string' || !('url' in place)
      ? error
      : new ConnectError('SETTING_INVALID', `The database of DATABASE_URL cannot be used: ${messageOf(error)}`, {
          cause: error,
        })
  }

  async function connectionTo(where: DatabasePlace): Promise<pg.PoolConfig> {
    if (typeof where === 'object' && 'url' in where) return { connectionString: where.url }
    const embedded = await startEmbeddedPostgres(where === 'memory' ? undefined : where.directory, signal)
    lifecycle.own(embedded)
    return { host: embedded.socketDirectory, user: 'postgres', database: 'postgres' }
  }
}
