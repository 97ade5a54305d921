import { expect, test } from 'vitest'
import { cliCommands } from '#server/cli/commands.ts'
import { commandHelp } from '#server/cli/help.ts'

test.each(Object.entries(cliCommands))('%s explains itself and each of its options in a sentence', (name, command) => {
  expect(command.summary).toMatch(/^[a-z].*[^.]$/)
  for (const { doc } of Object.values(command.options ?? {})) expect(doc).toMatch(/^[A-Z].*\.$/)
  expect(commandHelp(name, command)).toContain(`Usage: sluice ${name}`)
})
