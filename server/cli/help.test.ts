import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { cliCommands } from '#server/cli/commands.ts'
import { commandHelp, completionScript } from '#server/cli/help.ts'

test.each(Object.entries(cliCommands))('%s explains itself and each of its options in a sentence', (name, command) => {
  expect(command.summary).toMatch(/^[a-z].*[^.]$/)
  for (const { doc } of Object.values(command.options ?? {})) expect(doc).toMatch(/^[A-Z].*\.$/)
  expect(commandHelp(name, command)).toContain(`Usage: sluice ${name}`)
})

test('completion is a script that bash reads, and completes commands and options', () => {
  const script = completionScript(cliCommands, ['start'])
  const ask = (words: string[]) => {
    const set = `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _sluice; echo "\${COMPREPLY[@]}"`
    return spawnSync('bash', ['-c', `${script}\n${set}`], { encoding: 'utf8' }).stdout.trim()
  }
  expect(ask(['sluice', 'sta'])).toBe('start status')
  expect(ask(['sluice', 'apply', '--dry'])).toBe('--dry-run')
})
