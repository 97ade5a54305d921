import { existsSync, readFileSync, statSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from '#server/console/database/database.ts'
import { loadFingerprintKey } from '#server/console/fingerprint.ts'
import { createConfigHistory } from '#server/console/history.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-database-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('what is kept is there after the next start, and migrations run once', async () => {
  const directory = join(folder, 'kept')
  const first = await openDatabase({ directory })
  expect(first.applied.length).toBeGreaterThan(0)
  const version = { cluster: 'local', connector: 'c', by: 'console' } as const
  await createConfigHistory(async () => first.prisma).record({ ...version, config: { topic: 'a' } })
  await first[Symbol.asyncDispose]()

  await using again = await openDatabase({ directory })
  expect(again.applied).toEqual([])
  const history = createConfigHistory(async () => again.prisma)
  expect(await history.newest('local', 'c')).toEqual({ topic: 'a' })
  await history.record({ ...version, config: { topic: 'a' } })
  expect(await history.list('local', 'c')).toHaveLength(1)
})

test('two consoles that write the same connector at once keep both versions', async () => {
  await using database = await openDatabase('memory')
  const history = createConfigHistory(async () => database.prisma)
  await Promise.all(
    Array.from({ length: 4 }, (_, n) =>
      history.record({ cluster: 'local', connector: 'c', by: 'console', config: { topic: `${n}` } }),
    ),
  )
  const versions = (await history.list('local', 'c')).map(({ version }) => version)
  expect(versions).toEqual([4, 3, 2, 1])
})

test('an opening that is given up leaves a folder that opens later', async () => {
  const directory = join(folder, 'given-up')
  const giveUp = new AbortController()
  const opening = openDatabase({ directory }, giveUp.signal)
  giveUp.abort(new Error('stopped'))
  await expect(opening).rejects.toThrow('stopped')
  await using database = await openDatabase({ directory })
  expect(await database.prisma.savedView.count()).toBe(0)
  expect((await readdir(folder)).filter((name) => name.endsWith('.new'))).toEqual([])
})

test('a server that is not there is told by its setting', async () => {
  const opening = openDatabase({ url: 'postgresql://ada:hunter2@127.0.0.1:1/sluice' })
  await expect(opening).rejects.toMatchObject({
    code: 'SETTING_INVALID',
    message: expect.stringContaining('DATABASE_URL'),
  })
  await expect(opening).rejects.not.toMatchObject({ message: expect.stringContaining('hunter2') })
})

test('the key of fingerprints is made once, for its user alone', async () => {
  const key = await loadFingerprintKey(folder)
  expect(await loadFingerprintKey(folder)).toEqual(key)
  expect(statSync(join(folder, 'fingerprint.key')).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(folder, 'fingerprint.key'))).toHaveLength(32)
})

test('a folder that is none is told as unusable', async () => {
  const file = join(folder, 'in-the-way')
  await writeFile(file, '')
  await expect(loadFingerprintKey(file)).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' })
  await expect(openDatabase({ directory: join(file, 'database') })).rejects.toMatchObject({
    code: 'DATA_FOLDER_UNUSABLE',
  })
  expect(existsSync(file)).toBe(true)
})
