import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, writeFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { temporaryFolder } from '#server/connectors/file/testdata/folder.ts'

const program = fileURLToPath(new URL('./testdata/standard-streams.ts', import.meta.url))

test('copies lines of a pipe as they come, and stops while the pipe is open', async () => {
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(process.execPath, [program, '3'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const output = text(child.stdout)
  child.stdin.write('one\r\nzwö')
  child.stdin.write('lf\n🛒\nnot a whole li')
  // Nobody closes the pipe: what ends is the task, and with it the process.
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
  expect(await output).toBe('one\nzwölf\n🛒\n')
})

test('copies the lines of a file that is given as the standard input', async () => {
  await using folder = temporaryFolder()
  writeFileSync(folder.path('in.txt'), 'a\nb\n')
  const child = spawn(process.execPath, [program, '2'], {
    stdio: [openSync(folder.path('in.txt'), 'r'), 'pipe', 'inherit'],
  })
  const output = text(child.stdout as Readable)
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
  expect(await output).toBe('a\nb\n')
})
