import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type { Pool, PoolClient } from 'pg'
import { ConnectError } from '#server/contract/errors.ts'

const folder = new URL('../../../prisma/migrations/', import.meta.url)
/** Any number that nobody else locks; two consoles on one PostgreSQL migrate one after the other. */
const lockKey = 7_583_201_604

/** Prisma's own ledger, so that its tools read what this wrote. */
const ledger = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`

/** Applies the numbered migrations that this database has not seen, each in a transaction; answers their names. */
export async function migrate(pool: Pool): Promise<string[]> {
  const client = await pool.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [lockKey])
    try {
      await client.query(ledger)
      return await applyMissing(client)
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [lockKey])
    }
  } finally {
    client.release()
  }
}

async function applyMissing(client: PoolClient): Promise<string[]> {
  const { rows } = await client.query<{ migration_name: string; checksum: string }>(
    'SELECT migration_name, checksum FROM "_prisma_migrations"',
  )
  const seen = new Map(rows.map((row) => [row.migration_name, row.checksum]))
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort()
  const applied: string[] = []
  for (const name of names) {
    const sql = await readFile(new URL(`${name}/migration.sql`, folder), 'utf8')
    const checksum = createHash('sha256').update(sql).digest('hex')
    const known = seen.get(name)
    if (known === checksum) continue
    if (known) throw new ConnectError('INTERNAL', `The migration ${name} was edited after it had been applied.`)
    await applyOne(client, name, sql, checksum)
    applied.push(name)
  }
  return applied
}

async function applyOne(client: PoolClient, name: string, sql: string, checksum: string): Promise<void> {
  await client.query('BEGIN')
  try {
    await client.query(sql)
    await client.query(
      `INSERT INTO "_prisma_migrations" (id, checksum, finished_at, migration_name, applied_steps_count)
       VALUES ($1, $2, now(), $3, 1)`,
      [randomUUID(), checksum, name],
    )
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  }
}
