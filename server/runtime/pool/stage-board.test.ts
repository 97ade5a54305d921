import { expect, test } from 'vitest'
import { createStageBoard, readStageBoard, stageBoardBytes } from '#server/runtime/pool/stage-board.ts'

const open = () => {
  const shared = new SharedArrayBuffer(stageBoardBytes)
  return { ...createStageBoard(shared), read: () => readStageBoard(shared) }
}

test('a hook is named while it runs, from its first moment on', async () => {
  const { during, read } = open()
  expect(read()).toBe('')
  const seen = during('polling task a-0', read)
  expect(await seen).toBe('polling task a-0')
  expect(read()).toBe('')
})

test('hooks that wait are named behind the newest, and a hook that fails is over, too', async () => {
  const { during, read } = open()
  const slow = Promise.withResolvers<void>()
  const first = during('polling task a-0', () => slow.promise)
  const failing = during('putting records into task b-0', () => {
    expect(read()).toBe('putting records into task b-0, or polling task a-0')
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(read()).toBe('polling task a-0')
  slow.resolve()
  await first
  expect(read()).toBe('')
})

test('names longer than the board are cut', async () => {
  const { during, read } = open()
  await during('é'.repeat(stageBoardBytes), () => expect(read().length).toBeGreaterThan(stageBoardBytes / 2 - 4))
})
