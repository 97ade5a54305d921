import { expect, test } from 'vitest'
import { createStageBoard, readStageBoard, readUnderWay, stageBoardBytes } from '#server/runtime/pool/stage-board.ts'

const open = () => {
  const shared = new SharedArrayBuffer(stageBoardBytes)
  return {
    ...createStageBoard(shared),
    read: () => readStageBoard(shared),
    underWay: (known: string[]) => readUnderWay(shared, known),
  }
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
  await during('é'.repeat(stageBoardBytes), () => expect(read()).toMatch(/^é{500,}$/))
})

test('whose hooks are under way is told apart from their stages, who began last first; the rest are strangers', async () => {
  const { during, underWay } = open()
  const slow = Promise.withResolvers<void>()
  const waits = during('polling', () => slow.promise, 'a-0')
  await during('previewing', () =>
    during('polling', () => expect(underWay(['a-0', 'b-0', 'c-0'])).toEqual(['b-0', undefined, 'a-0']), 'b-0'),
  )
  expect(underWay(['a-0', 'b-0'])).toEqual(['a-0'])
  slow.resolve()
  await waits
  expect(underWay(['a-0'])).toEqual([])
})

test('more hooks than the board has rows for harm nobody', async () => {
  const { during, underWay } = open()
  const slow = Promise.withResolvers<void>()
  const many = Array.from({ length: 2_000 }, (_, n) => during('polling', () => slow.promise, `t-${n}`))
  expect(underWay(['t-511', 't-512'])[0]).toBe('t-511')
  slow.resolve()
  await Promise.all(many)
  await during('polling', () => expect(underWay(['again'])).toEqual(['again']), 'again')
})
