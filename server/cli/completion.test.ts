import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { cliCommands } from '#server/cli/commands.ts'
import { completionScript, type Shell, shells } from '#server/cli/completion.ts'

const parts = {
  start: {
    summary: "everything on this machine: a broker, and what's needed",
    settings: { 'console.port': 'Port of the console.' },
  },
}
const scriptFor = (shell: Shell) => completionScript(shell, cliCommands, parts)

/** What a shell makes of a program of its own. */
const said = (shell: Shell, ...args: string[]) => spawnSync(shell, args, { encoding: 'utf8' })
/** Only foreign programs may be missing. */
const missing = (shell: Shell) => said(shell, '-c', 'true').error !== undefined

test('in bash it completes commands and options', () => {
  const ask = (words: string[]) => {
    const set = `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _sluice; echo "\${COMPREPLY[@]}"`
    return said('bash', '-c', `${scriptFor('bash')}\n${set}`).stdout.trim()
  }
  expect(ask(['sluice', 'sta'])).toBe('start status')
  expect(ask(['sluice', 'apply', '--dry'])).toBe('--dry-run')
  expect(ask(['sluice', 'start', '--con'])).toBe('--console.port')
  expect(ask(['sluice', 'start', '--h'])).toBe('--help')
  expect(ask(['sluice', '--v'])).toBe('--version')
  expect(ask(['sluice', 'completion', 'f'])).toBe('fish')
})

test.skipIf(missing('fish'))('in fish it completes commands and options, and says what they do', () => {
  const ask = (line: string) => said('fish', '--no-config', '-c', `${scriptFor('fish')}\ncomplete -C '${line}'`).stdout
  expect(ask('sluice sta').trim().split('\n')).toEqual([
    "start\teverything on this machine: a broker, and what's needed",
    expect.stringMatching(/^status\t/),
  ])
  expect(ask('sluice apply --dry')).toMatch(/^--dry-run\t/)
  expect(ask('sluice start --con')).toMatch(/^--console\.port\t/)
})

test.skipIf(missing('zsh'))('in zsh it is a script that defines the completion of sluice', () => {
  const ran = said(
    'zsh',
    '-f',
    '-c',
    `autoload -U compinit && compinit -u -D\n${scriptFor('zsh')}\necho \${_comps[sluice]}`,
  )
  expect({ out: ran.stdout.trim(), err: ran.stderr }).toEqual({ out: '_sluice', err: '' })
})

test.each(shells)('for %s every command, every part and every option is in it', (shell) => {
  const script = scriptFor(shell)
  for (const name of [...Object.keys(cliCommands), 'start', 'completion']) expect(script).toContain(name)
  for (const { options } of Object.values(cliCommands)) {
    for (const option of Object.keys(options ?? {})) expect(script).toContain(option)
  }
})
