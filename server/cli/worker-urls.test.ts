import { expect, test } from 'vitest'
import { UsageError } from '#server/cli/parse-command-line.ts'
import { quickestFirst, readWorkerUrls } from '#server/cli/worker-urls.ts'

test('addresses are URLs or host:port, several with commas', () => {
  expect(readWorkerUrls(' localhost:8083, https://b/ ,http://[::1]:1')).toEqual([
    'http://localhost:8083',
    'https://b',
    'http://[::1]:1',
  ])
})

test.each(['', ' , ', 'ftp://a', 'http://', 'a b:1'])('"%s" is no address', (text) => {
  expect(() => readWorkerUrls(text)).toThrow(UsageError)
})

test('a worker that answers comes before one that says nothing, which is asked no longer', async () => {
  const given: AbortSignal[] = []
  const reach = async (url: string, signal: AbortSignal) => {
    given.push(signal)
    if (url === 'frozen') await new Promise(() => undefined)
    if (url === 'dead') throw new Error('refused')
  }
  expect(await quickestFirst(['frozen', 'dead', 'alive'], reach)).toEqual(['alive', 'frozen', 'dead'])
  expect(given.every(({ aborted }) => aborted)).toBe(true)
})

test('where none answers the order stays, and a single worker is not asked', async () => {
  const refuse = () => Promise.reject(new Error('refused'))
  expect(await quickestFirst(['a', 'b'], refuse)).toEqual(['a', 'b'])
  let asked = false
  await quickestFirst(['a'], async () => {
    asked = true
  })
  expect(asked).toBe(false)
})
