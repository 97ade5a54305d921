import type { CliCommand } from '#server/cli/cli-command.ts'
import { commonOptions } from '#server/cli/parse-command-line.ts'

/** What `sluice <command> --help` prints. */
export function commandHelp(name: string, command: CliCommand): string {
  const options = Object.entries({ ...command.options, ...commonOptions }).map(([option, { short, type, doc }]) => {
    const flag = `${short === undefined ? '    ' : `-${short}, `}--${option}${type === 'string' ? ' <value>' : ''}`
    return `  ${flag.padEnd(32)} ${doc}`
  })
  const usage = ['sluice', name, ...command.words, '[options]'].join(' ')
  return [`Usage: ${usage}`, '', `${capitalised(command.summary)}.`, '', 'Options:', ...options].join('\n')
}

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/** A script that completes commands and options, to be read by the shell: `source <(sluice completion bash)`. */
export function completionScript(commands: Readonly<Record<string, CliCommand>>, parts: readonly string[]): string {
  const names = [...parts, ...Object.keys(commands)].join(' ')
  const cases = Object.entries(commands).map(([name, { options }]) => {
    const flags = Object.keys({ ...options, ...commonOptions }).map((option) => `--${option}`)
    return `    ${name}) COMPREPLY=( $(compgen -W '${flags.join(' ')}' -- "$word") ) ;;`
  })
  return [
    '# Completes sluice in bash, and in zsh after: autoload -U bashcompinit && bashcompinit',
    '_sluice() {',
    `  local word="\${COMP_WORDS[COMP_CWORD]}"`,
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    COMPREPLY=( $(compgen -W '${names}' -- "$word") )`,
    '    return',
    '  fi',
    `  case "\${COMP_WORDS[1]}" in`,
    ...cases,
    '  esac',
    '}',
    'complete -o default -F _sluice sluice',
  ].join('\n')
}
