import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type JavaBytes, readJavaMap } from '#server/core/java-map.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createFileOffsetStore } from '#server/runtime/standalone/file-offset-store.ts'
import { createOffsetFile, type OffsetFile } from '#server/runtime/standalone/offset-file.ts'

const never = new AbortController().signal
const at = (filename: string, position: number | bigint) => ({ partition: { filename }, offset: { position } })
const golden = new URL('../../core/testdata/jvm-offsets/forty.dat', import.meta.url)

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-offsets-'))
  path = join(folder, 'offsets.dat')
})
afterEach(() => rm(folder, { recursive: true }))

async function openStore(file: OffsetFile = createOffsetFile(path)) {
  const store = createFileOffsetStore({ file, logger: quietLogger })
  await store.start(never)
  return store
}

test('what was written is there after a start, of each connector its own, and no digit is lost', async () => {
  const store = await openStore()
  await store.write('a', [at('x', 1), at('y', 2n ** 60n)])
  await store.write('b', [at('x', 3)])
  await store.write('a', [at('x', 4)])
  const again = await openStore()
  expect(await again.all('a')).toEqual([at('x', 4), at('y', 2n ** 60n)])
  expect(await again.read('b', [{ filename: 'x' }, { filename: 'y' }])).toEqual([{ position: 3 }, null])
  expect(await readdir(folder)).toEqual(['offsets.dat'])
})

test('goes on with a file of the JVM and leaves what it does not know in it', async () => {
  await writeFile(path, await readFile(golden))
  const store = await openStore()
  expect(await store.all('lines-1')).toContainEqual(at('/data/ä-1.txt', 1000))
  await store.alter('lines-1', [{ partition: { filename: '/data/ä-1.txt' }, offset: null }])
  await store.reset('lines-2')
  const left = readJavaMap(await readFile(path)).map(([key]) => Buffer.from(key ?? '').toString())
  expect(left).toHaveLength(40 - 1 - 13)
  expect(left.some((key) => key.startsWith('["lines-2"'))).toBe(false)
})

test('writes that come while one is under way are one write, and each resolves only when it is on disk', async () => {
  const saves: { entries: number; done: () => void }[] = []
  const file: OffsetFile = {
    load: async () => [],
    save: (entries: readonly (readonly [JavaBytes, JavaBytes])[]) =>
      new Promise((done) => saves.push({ entries: entries.length, done })),
  }
  const store = await openStore(file)
  const resolved: string[] = []
  const write = (name: string) => store.write(name, [at(name, 1)]).then(() => resolved.push(name))
  const first = write('a')
  await Promise.resolve()
  const later = [write('b'), write('c')]
  expect(saves.map(({ entries }) => entries)).toEqual([1])
  saves[0]?.done()
  await first
  expect(resolved).toEqual(['a'])
  expect(saves.map(({ entries }) => entries)).toEqual([1, 3])
  saves[1]?.done()
  await Promise.all(later)
  expect(resolved).toEqual(['a', 'b', 'c'])
})

test('a write that fails is told, and counts as never said', async () => {
  let broken = true
  const written: number[] = []
  const store = await openStore({
    load: async () => [],
    async save(entries) {
      if (broken) throw new Error('no space left on device')
      written.push(entries.length)
    },
  })
  await expect(store.write('a', [at('x', 1)])).rejects.toThrow('no space left')
  broken = false
  expect(await store.all('a')).toEqual([])
  await store.write('b', [at('x', 1)])
  expect(written).toEqual([1])
})

describe('a file that cannot be used', () => {
  test('keeps the worker from starting: another start from the beginning would copy everything again', async () => {
    const whole = await readFile(golden)
    await writeFile(path, whole.subarray(0, 700))
    await expect(openStore()).rejects.toMatchObject({
      code: 'SETTING_INVALID',
      message: expect.stringContaining(`(${path}) holds no offsets of Kafka Connect: it ends in the middle`),
    })
    await writeFile(path, 'something else')
    await expect(openStore()).rejects.toThrow('it is no Java serialization stream')
  })

  test('is none when it is empty, or only half of a new one lies beside it', async () => {
    await writeFile(path, '')
    expect(await (await openStore()).all('a')).toEqual([])
    await (await openStore()).write('a', [at('x', 1)])
    await writeFile(`${path}.new`, (await readFile(golden)).subarray(0, 50))
    expect(await (await openStore()).all('a')).toEqual([at('x', 1)])
  })
})
