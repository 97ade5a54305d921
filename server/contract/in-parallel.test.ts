import { expect, test } from 'vitest'
import { inParallel } from '#server/contract/in-parallel.ts'

test('results keep the order, and no more than the width are under way', async () => {
  let under = 0
  let most = 0
  const doubled = await inParallel([3, 1, 2, 5, 4], 2, async (n) => {
    most = Math.max(most, ++under)
    for (let turn = 0; turn < n; turn++) await Promise.resolve()
    under--
    return n * 2
  })
  expect(doubled).toEqual([6, 2, 4, 10, 8])
  expect(most).toBe(2)
})

test('the first failure is thrown', async () => {
  const failing = inParallel([1, 2], 2, (n) => (n === 2 ? Promise.reject(new Error('two')) : Promise.resolve(n)))
  await expect(failing).rejects.toThrow('two')
})
