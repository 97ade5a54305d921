import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { unlessAborted } from '#server/runtime/unless-aborted.ts'

const never = () => new Promise<never>(() => undefined)

test('settles as the work does, and leaves nothing at the signal', async () => {
  const { signal } = new AbortController()
  expect(await unlessAborted(signal, async () => 1)).toBe(1)
  await expect(unlessAborted(signal, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('work that never ends and does not listen is waited for until the signal aborts', async () => {
  const controller = new AbortController()
  const waiting = unlessAborted(controller.signal, never)
  controller.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
})

test('begins nothing once the signal has aborted', async () => {
  let begun = false
  const begin = async () => {
    begun = true
  }
  await expect(unlessAborted(AbortSignal.abort(new Error('over')), begin)).rejects.toThrow('over')
  expect(begun).toBe(false)
})
