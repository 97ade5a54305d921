import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeDataFolder, takeDataFolder } from '#server/bin/data-folder.ts'
import type { Clock } from '#server/contract/clock.ts'

/** Time that passes at once. */
function leaping(): Clock {
  let now = 0
  return {
    now: () => now,
    monotonic: () => now,
    random: () => 0,
    async sleep(ms) {
      now += ms
    },
  }
}

const fresh = () => mkdtempSync(join(tmpdir(), 'data-folder-'))

test('a folder in use is refused with the process that uses it, and free again afterwards', async () => {
  const folder = fresh()
  {
    using _held = await takeDataFolder(folder)
    await expect(takeDataFolder(folder, 'sluice.lock', leaping())).rejects.toThrow(
      `${folder} is in use by process ${process.pid}.`,
    )
  }
  using _again = await takeDataFolder(folder)
})

test('the lock of a process that is gone is taken over', async () => {
  const folder = fresh()
  writeFileSync(join(folder, 'sluice.lock'), '4194304 1')
  using _held = await takeDataFolder(folder)
  expect(existsSync(join(folder, 'sluice.lock'))).toBe(true)
})

test('a process id that was given to another process since does not hold the lock', async () => {
  const folder = fresh()
  writeFileSync(join(folder, 'sluice.lock'), `${process.pid} 1`)
  using _held = await takeDataFolder(folder)
})

test('a torn lock file holds nothing', async () => {
  const folder = fresh()
  writeFileSync(join(folder, 'sluice.lock'), '')
  using _held = await takeDataFolder(folder)
})

test('a folder that cannot be made is said with its path', async () => {
  const file = join(fresh(), 'a-file')
  writeFileSync(file, '')
  await expect(takeDataFolder(join(file, 'below'))).rejects.toThrow(
    `The data folder ${join(file, 'below')} cannot be used`,
  )
})

test('a folder where none can be made is refused, too: /proc says of a new one that its parent is missing', async () => {
  const folder = '/proc/sluice/below'
  await expect(takeDataFolder(folder)).rejects.toThrow(`The data folder ${folder} cannot be used`)
})

test('a folder is made with those above it, and may be there already', async () => {
  const folder = join(fresh(), 'a', 'b', 'c')
  makeDataFolder(folder)
  makeDataFolder(folder)
  using _held = await takeDataFolder(folder)
})

test('the lock of a process that is just being killed is taken over when it is gone', async () => {
  const folder = fresh()
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  writeFileSync(join(folder, 'sluice.lock'), String(child.pid))
  const clock: Clock = {
    ...leaping(),
    async sleep() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
  using _held = await takeDataFolder(folder, 'sluice.lock', clock)
  expect(child.signalCode).toBe('SIGKILL')
})
