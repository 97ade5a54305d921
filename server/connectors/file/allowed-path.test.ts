import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter } from 'node:path'
import { expect, test } from 'vitest'
import { checkAllowed, pathProblem } from '#server/connectors/file/allowed-path.ts'
import { temporaryFolder } from '#server/connectors/file/testdata/folder.ts'

const prepared = () => {
  const folder = temporaryFolder()
  for (const name of ['state', 'state/logs', 'in', 'in/deep', 'out', 'in-other']) mkdirSync(folder.path(name))
  writeFileSync(folder.path('state/secret'), '')
  symlinkSync(folder.path('out'), folder.path('in/escape'))
  symlinkSync(folder.path('out/not-there-yet'), folder.path('in/dangling'))
  symlinkSync('../state/secret', folder.path('in/secret'))
  const roots = [folder.path('in'), folder.path('in-other')].join(delimiter)
  const env = { SLUICE_DATA_DIR: folder.path('state'), SLUICE_FILE_ROOTS: roots }
  return { ...folder, env }
}

test.each(['in/a.txt', 'in/deep/../b.txt', 'in/deep/new/folder/c.txt', 'in-other/d.txt', 'in', 'in/..hidden'])(
  'takes %s',
  async (name) => {
    await using folder = prepared()
    expect(pathProblem(folder.path(name), folder.env)).toBeUndefined()
  },
)

test.each([
  ['beside the roots', 'out/a.txt'],
  ['above the roots', 'a.txt'],
  ['by going up', 'in/../out/a.txt'],
  ['through a link to a folder', 'in/escape/a.txt'],
  ['through a link to a file that is not there yet', 'in/dangling'],
])('refuses a file %s', async (_, name) => {
  await using folder = prepared()
  const file = `${folder.path('')}/${name}`
  expect(pathProblem(file, folder.env)).toBe(`The file ${file} lies outside the folders that SLUICE_FILE_ROOTS allows.`)
})

test.each(['state', 'state/secret', 'state/logs/new.log', 'in/secret'])("refuses %s of Sluice's own", async (name) => {
  await using folder = prepared()
  const { SLUICE_DATA_DIR } = folder.env
  const file = folder.path(name)
  expect(() => checkAllowed(file, { SLUICE_DATA_DIR })).toThrow(`The file ${file} lies in Sluice's own data folder.`)
})

test('takes any file outside the state folder when no roots are set', async () => {
  await using folder = prepared()
  const { SLUICE_DATA_DIR } = folder.env
  for (const name of ['out/a.txt', 'state-of-affairs.txt', 'in/escape/b.txt']) {
    expect(pathProblem(folder.path(name), { SLUICE_DATA_DIR, SLUICE_FILE_ROOTS: '' })).toBeUndefined()
  }
})

test('knows the state folder also when nothing names it', () => {
  expect(pathProblem('.sluice/broker/log', {})).toBeDefined()
})
