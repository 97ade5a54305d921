import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { takeDataFolder } from '#server/bin/data-folder.ts'

const fresh = () => mkdtempSync(join(tmpdir(), 'data-folder-'))

test('a folder in use is refused with the process that uses it, and free again afterwards', () => {
  const folder = fresh()
  {
    using _held = takeDataFolder(folder)
    expect(() => takeDataFolder(folder)).toThrow(`${folder} is in use by process ${process.pid}.`)
  }
  using _again = takeDataFolder(folder)
})

test('the lock of a process that is gone is taken over', () => {
  const folder = fresh()
  writeFileSync(join(folder, 'sluice.lock'), '4194304 1')
  using _held = takeDataFolder(folder)
  expect(existsSync(join(folder, 'sluice.lock'))).toBe(true)
})

test('a process id that was given to another process since does not hold the lock', () => {
  const folder = fresh()
  writeFileSync(join(folder, 'sluice.lock'), `${process.pid} 1`)
  using _held = takeDataFolder(folder)
})

test('a torn lock file holds nothing', () => {
  const folder = fresh()
  writeFileSync(join(folder, 'sluice.lock'), '')
  using _held = takeDataFolder(folder)
})

test('a folder that cannot be made is said with its path', () => {
  const file = join(fresh(), 'a-file')
  writeFileSync(file, '')
  expect(() => takeDataFolder(join(file, 'below'))).toThrow(`The data folder ${join(file, 'below')} cannot be used`)
})
