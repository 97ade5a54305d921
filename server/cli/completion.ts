import type { CliCommand } from '#server/cli/cli-command.ts'
import { commonOptions } from '#server/cli/parse-command-line.ts'

/** What `sluice completion --help` prints. */
export const completionHelp = [
  `Usage: sluice completion [bash|zsh|fish]`,
  '',
  'Prints a script that completes the commands of sluice and their options in this shell; bash where none is named.',
  '',
  'For this shell and no other:',
  '  source <(sluice completion bash)     the same with zsh',
  '  sluice completion fish | source',
].join('\n')

/** What can stand first on a command line, with what it does and the options that it takes. */
interface Word {
  name: string
  summary: string
  options: { name: string; doc: string; takesValue: boolean }[]
}

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/**
 * A script that completes commands and their options: `source <(sluice completion bash)`, the same with zsh, or
 * `sluice completion fish | source`.
 *
 * @param parts the commands that start a part of Sluice, by name, with what each of their settings does
 */
export function completionScript(
  shell: Shell,
  commands: Readonly<Record<string, CliCommand>>,
  parts: Readonly<Record<string, { summary: string; settings: Readonly<Record<string, string>> }>>,
): string {
  const words = [
    ...Object.entries(parts).map(([name, { summary, settings }]): Word => {
      const options = Object.entries(settings).map(([key, doc]) => ({ name: key, doc, takesValue: true }))
      return { name, summary, options: [...options, help] }
    }),
    ...Object.entries(commands).map(([name, { summary, options }]): Word => {
      const all = Object.entries({ ...options, ...commonOptions })
      return {
        name,
        summary,
        options: all.map(([option, { doc, type }]) => ({ name: option, doc, takesValue: type === 'string' })),
      }
    }),
    { name: 'completion', summary: `prints a script that completes these words: ${shells.join(', ')}`, options: [] },
    { name: '--help', summary: 'lists the commands', options: [] },
    { name: '--version', summary: 'says which Sluice this is', options: [] },
  ]
  return { bash: forBash, zsh: forZsh, fish: forFish }[shell](words)
}

const help = { name: 'help', doc: 'Says what it takes, and starts nothing.', takesValue: false }

function forBash(words: readonly Word[]): string {
  const cases = words.flatMap(({ name, options }) => {
    const flags = options.map((option) => `--${option.name}`).join(' ')
    return flags === '' ? [] : [`    ${name}) COMPREPLY=( $(compgen -W '${flags}' -- "$word") ) ;;`]
  })
  return [
    '_sluice() {',
    `  local word="\${COMP_WORDS[COMP_CWORD]}"`,
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    COMPREPLY=( $(compgen -W '${words.map(({ name }) => name).join(' ')}' -- "$word") )`,
    '    return',
    '  fi',
    `  case "\${COMP_WORDS[1]}" in`,
    ...cases,
    `    completion) COMPREPLY=( $(compgen -W '${shells.join(' ')}' -- "$word") ) ;;`,
    '  esac',
    '}',
    'complete -o default -F _sluice sluice',
  ].join('\n')
}

function forZsh(words: readonly Word[]): string {
  const cases = words.flatMap(({ name, options }) => {
    const flags = options.map((option) =>
      quoted(`--${option.name}[${zshText(option.doc)}]${option.takesValue ? ':value:' : ''}`),
    )
    return flags.length === 0 ? [] : [`    ${name}) _arguments ${flags.join(' ')} '*:file:_files' ;;`]
  })
  return [
    '#compdef sluice',
    '_sluice() {',
    '  local -a words_of_sluice=(',
    ...words.map(({ name, summary }) => `    ${quoted(`${name}:${zshText(summary)}`)}`),
    '  )',
    '  if (( CURRENT == 2 )); then',
    "    _describe 'command' words_of_sluice",
    '    return',
    '  fi',
    `  case "\${words[2]}" in`,
    ...cases,
    `    completion) _values shell ${shells.join(' ')} ;;`,
    '    *) _files ;;',
    '  esac',
    '}',
    'compdef _sluice sluice',
  ].join('\n')
}

function forFish(words: readonly Word[]): string {
  const lines = words.flatMap(({ name, summary, options }) => [
    `complete -c sluice -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
    ...options.map(
      (option) =>
        `complete -c sluice -n '__fish_seen_subcommand_from ${name}' -l ${option.name}${option.takesValue ? ' -r' : ''} -d ${quoted(option.doc)}`,
    ),
  ])
  return [...lines, `complete -c sluice -n '__fish_seen_subcommand_from completion' -f -a '${shells.join(' ')}'`].join(
    '\n',
  )
}

/** In single quotes, which every shell takes as they are. */
const quoted = (text: string) => `'${text.replaceAll("'", `'"'"'`)}'`

/** Brackets and colons mean something to zsh's completion. */
const zshText = (text: string) => text.replace(/[\\[\]:]/g, '\\$&')
