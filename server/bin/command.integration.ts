import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { sluiceVersion } from '#server/bin/version.ts'
import { cliCommands } from '#server/cli/commands.ts'

const entry = fileURLToPath(new URL('main.mjs', import.meta.url))

/** Runs `sluice <args>` in an empty folder and says what it left there; one that starts anything is ended, with code -1. */
async function sluice(...args: string[]) {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-command-'))
  const answer = await new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const child = execFile(process.execPath, [entry, ...args], { cwd, timeout: 20_000 }, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    )
  })
  const left = readdirSync(cwd)
  rmSync(cwd, { recursive: true })
  return { ...answer, left }
}

test.each([...['start', 'broker', 'worker', 'standalone', 'console'], ...['completion', 'apply']])(
  'sluice %s --help says what it takes, and starts nothing',
  async (name) => {
    const [long, short] = await Promise.all([sluice(name, '--help'), sluice(name, 'x.properties', '-h')])
    expect(long).toEqual({ code: 0, out: expect.stringContaining(`Usage: sluice ${name}`), err: '', left: [] })
    expect(short).toEqual(long)
  },
)

test('sluice --version says which Sluice this is', async () => {
  expect(await sluice('--version')).toEqual({ code: 0, out: `${sluiceVersion}\n`, err: '', left: [] })
})

test('sluice --help names every command', async () => {
  const { code, out } = await sluice('--help')
  expect(code).toBe(0)
  for (const name of [
    'start',
    'broker',
    'worker',
    'standalone',
    'console',
    'completion',
    ...Object.keys(cliCommands),
  ]) {
    expect(out).toMatch(new RegExp(`^ {2}${name} `, 'm'))
  }
})
