import { expect, test } from 'vitest'
import { workerIdOf } from '#server/core/worker-id.ts'

test('a worker is named by its host and port', () => {
  expect(workerIdOf('http://10.0.0.5:8083/')).toBe('10.0.0.5:8083')
  expect(workerIdOf('http://connect/')).toBe('connect:80')
  expect(workerIdOf('https://connect/')).toBe('connect:443')
  expect(workerIdOf('http://[::1]:8083/')).toBe('[::1]:8083')
  expect(workerIdOf('nonsense')).toBe('nonsense')
})
