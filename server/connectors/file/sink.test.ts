import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sinkConfig } from '#server/connectors/file/config.ts'
import { createTask } from '#server/connectors/file/sink.ts'
import { temporaryFolder } from '#server/connectors/file/testdata/folder.ts'
import { typed } from '#server/connectors/testdata/typed.ts'
import { sinkBatch } from '#server/sdk/records.ts'
import { plain } from '#server/sdk/schema.ts'
import { meetsSinkContract } from '#server/sdk/testing/sink-contract.ts'
import { sinkRecord, sliceOf } from '#server/sdk/testing/sink-harness.ts'

const open = (file: string) => createTask(typed(sinkConfig, { file }))

meetsSinkContract(() => {
  const folder = temporaryFolder()
  const file = folder.path('out.txt')
  return {
    open: () => open(file),
    written: () => readFileSync(file, 'utf8').split('\n').slice(0, -1),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
})

test('appends to what others write to the same file', async () => {
  await using folder = temporaryFolder()
  const file = folder.path('shared.txt')
  writeFileSync(file, 'before\n')
  await using task = open(file)
  await task.start?.()
  await task.put(sinkBatch([sliceOf([sinkRecord(0, 'one')])]))
  appendFileSync(file, 'somebody else\n')
  await task.put(sinkBatch([sliceOf([sinkRecord(1, 'two')])]))
  expect(readFileSync(file, 'utf8')).toBe('before\none\nsomebody else\ntwo\n')
})

test('writes byte arrays as they are', async () => {
  await using folder = temporaryFolder()
  const file = folder.path('bytes.bin')
  await using task = open(file)
  await task.start?.()
  const value = { schema: plain.bytes, value: Uint8Array.of(0, 255, 128, 10) }
  await task.put(sinkBatch([sliceOf([sinkRecord(0, value)])]))
  expect([...readFileSync(file)]).toEqual([0, 255, 128, 10, 10])
})

test.each([
  ['a folder that is missing', 'missing/out.txt'],
  ['a folder in its place', 'folder'],
  ['a file in the place of a folder', 'file/out.txt'],
])('does not start with %s', async (_, name) => {
  await using folder = temporaryFolder()
  mkdirSync(folder.path('folder'))
  writeFileSync(folder.path('file'), '')
  const file = folder.path(name)
  await using task = open(file)
  const message = `Couldn't find or create file '${file}' for FileStreamSinkTask`
  await expect(Promise.resolve(task.start?.())).rejects.toMatchObject({ code: 'START_FAILED', message })
})

test('takes a device, which has nothing to make durable', async () => {
  await using task = open('/dev/null')
  await task.start?.()
  await task.put(sinkBatch([sliceOf([sinkRecord(0, 'gone')])]))
  await expect(Promise.resolve(task.flush?.([]))).resolves.toBeUndefined()
})

test('R-I29: a disk that is full is said, and what did not fit counts as not written', async () => {
  await using task = open('/dev/full')
  await task.start?.()
  const put = async () => task.put(sinkBatch([sliceOf([sinkRecord(0, 'one')])]))
  await expect(put()).rejects.toMatchObject({ code: 'ENOSPC' })
})
