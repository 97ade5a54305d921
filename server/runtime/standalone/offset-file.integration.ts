import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createOffsetFile } from '#server/runtime/standalone/offset-file.ts'

const entries = 2_000
/** Saves larger and larger positions as fast as it can, and says each one that is saved. */
const script = `
  import { createOffsetFile } from ${JSON.stringify(new URL('./offset-file.ts', import.meta.url).href)}
  const file = createOffsetFile(process.argv[1])
  for (let position = Number(process.argv[2]) + 1; ; position++) {
    const value = Buffer.from(String(position))
    await file.save(Array.from({ length: ${entries} }, (_, key) => [Buffer.from(String(key)), value]))
    process.stdout.write(position + '\\n')
  }`

let folder: string
let child: ChildProcess | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-offset-file-'))
})
afterEach(async () => {
  child?.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

test('I5: killed at any moment, it holds everything of one write, and of none older than the last that resolved', async () => {
  const path = join(folder, 'offsets.dat')
  let last = 0
  for (let round = 0; round < 8; round++) {
    child = spawn(process.execPath, ['--input-type=module', '-e', script, path, String(last)])
    let said = ''
    child.stdout?.on('data', (text: Buffer) => {
      said += text
    })
    // After a few writes, and then in the middle of whichever is under way.
    while (said.split('\n').length < 3 + (round % 3))
      await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
    child.kill('SIGKILL')
    await once(child, 'close')
    const resolved = Number(said.trimEnd().split('\n').at(-1))
    const found = await createOffsetFile(path).load()
    const positions = new Set(found.map(([, value]) => Number(Buffer.from(value ?? '').toString())))
    expect(found).toHaveLength(entries)
    expect(positions.size).toBe(1)
    const [position = 0] = positions
    expect(position).toBeGreaterThanOrEqual(resolved)
    last = position
  }
})
