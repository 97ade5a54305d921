import type { CliCommand } from '#server/cli/cli-command.ts'
import { commonOptions } from '#server/cli/parse-command-line.ts'

/** What `sluice <command> --help` prints. */
export function commandHelp(name: string, command: CliCommand): string {
  const options = Object.entries({ ...command.options, ...commonOptions }).map(([option, { short, type, doc }]) => {
    const flag = `${short === undefined ? '    ' : `-${short}, `}--${option}${type === 'string' ? ' <value>' : ''}`
    return `  ${flag.padEnd(32)} ${doc}`
  })
  const usage = ['sluice', name, ...command.words, '[options]'].join(' ')
  const codes = [
    '0  it did what it was asked',
    command.several === undefined
      ? '1  the cluster or a file refused'
      : `1  it failed for one of the ${command.several}; the others were asked all the same`,
    '2  the command line makes no sense',
    ...(command.unwell === undefined ? [] : [`3  ${command.unwell}`]),
  ]
  return [
    ...[`Usage: ${usage}`, '', `${capitalised(command.summary)}.`],
    ...['', 'Options:', ...options],
    ...['', 'Exit codes:', ...codes.map((code) => `  ${code}`)],
  ].join('\n')
}

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
