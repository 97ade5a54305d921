import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'

const server = new URL('..', import.meta.url)

/** What a module prints in a process of its own, in which imports are found by the short way. */
const printedBy = (file: string): string =>
  execFileSync(process.execPath, ['--import', new URL('bin/short-imports.mjs', server).href, file], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })

test('a file that is found by the short way is the same module as by its address', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-imports-'))
  const main = join(folder, 'main.mjs')
  writeFileSync(
    main,
    `const { ConnectError } = await import('${new URL('contract/errors.ts', server)}')
     const { takeDataFolder } = await import('${new URL('bin/data-folder.ts', server)}')
     const error = await takeDataFolder('${fileURLToPath(new URL('layers.test.ts', server))}').catch((one) => one)
     console.log(error instanceof ConnectError, error.code)`,
  )
  expect(printedBy(main)).toBe('true DATA_FOLDER_UNUSABLE\n')
  rmSync(folder, { recursive: true })
})

test('a package of somebody else keeps its own map of imports, whatever its names are', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-imports-'))
  mkdirSync(join(folder, 'own'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', imports: { '#server/*': './own/*' } }))
  writeFileSync(join(folder, 'own/thing.js'), 'export const thing = 7')
  const main = join(folder, 'main.js')
  writeFileSync(main, `import { thing } from '#server/thing.js'\nconsole.log(thing, import.meta.url)`)
  expect(printedBy(main)).toBe(`7 ${pathToFileURL(main)}\n`)
  rmSync(folder, { recursive: true })
})
