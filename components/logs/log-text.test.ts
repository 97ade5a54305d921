import { expect, test } from 'vitest'
import { logText } from '#components/logs/log-text.ts'

test('a line says when, how bad, where and what; a trace stands beneath it', () => {
  const line = {
    id: '0-1',
    at: 1_700_000_000_000,
    kind: 'log',
    level: 'ERROR',
    worker: 'a:1',
    message: 'It failed',
  } as const
  expect(logText([{ ...line, task: 0, attempt: 2, code: 'X', trace: 'Error: no\n    at b\n' }, line])).toBe(
    '2023-11-14T22:13:20.000Z ERROR a:1 task 0, attempt 2 It failed [X]\nError: no\n    at b\n' +
      '2023-11-14T22:13:20.000Z ERROR a:1 It failed\n',
  )
})
