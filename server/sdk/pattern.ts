import { createRequire } from 'node:module'
import type { RE2JS, RE2JSSyntaxException } from 're2js'
import { ConnectError } from '#server/contract/errors.ts'

/** A compiled pattern; `matches` asks for the whole text, `matcher` for parts and replacements, as in `java.util.regex`. */
export type Pattern = RE2JS

let loaded: typeof import('re2js') | undefined
/** The engine is large, and most workers never see a pattern. */
const engine = () => {
  loaded ??= createRequire(import.meta.url)('re2js') as typeof import('re2js')
  return loaded
}

/**
 * Compiles a regular expression that a person wrote for Java (`java.util.regex.Pattern`). It matches in time linear in the
 * text, whatever the pattern is (S-14); what only a backtracking engine can do is refused: look-around, back-references,
 * possessive quantifiers, atomic groups, and intersections or unions of character classes.
 *
 * Throws CONFIG_INVALID with a message in the manner of `PatternSyntaxException`.
 */
export function compilePattern(javaRegex: string): Pattern {
  const problem = unsupportedClass(javaRegex)
  if (problem !== undefined) throw invalid(`${problem} is not supported\n${javaRegex}`)
  try {
    return engine().RE2JS.compile(withPosixClasses(javaRegex))
  } catch (error) {
    if (!(error instanceof engine().RE2JSException)) throw error
    throw invalid(wordsFor(error, javaRegex), error)
  }
}

const invalid = (message: string, cause?: unknown) => new ConnectError('CONFIG_INVALID', message, { cause })

function wordsFor(error: Error, regex: string): string {
  if (!isSyntaxError(error)) return `${error.message}\n${regex}`
  const last = regex.length - 1
  // Java's words for the mistakes that everybody makes.
  if (error.error === 'missing closing ]')
    return `Unclosed character class near index ${last}\n${regex}\n${caret(last)}`
  if (error.error === 'missing closing )') return `Unclosed group near index ${regex.length}\n${regex}`
  if (error.error === 'missing argument to repetition operator') {
    const index = regex.indexOf(error.input ?? '')
    return `Dangling meta character '${error.input?.[0] ?? ''}' near index ${index}\n${regex}\n${caret(index)}`
  }
  const part = error.input === null ? '' : ` near ${error.input}`
  return `${featureOf(regex, error.input) ?? error.error}${part}\n${regex}`
}

const isSyntaxError = (error: Error): error is RE2JSSyntaxException => error instanceof engine().RE2JSSyntaxException

const caret = (index: number) => `${' '.repeat(Math.max(0, index))}^`

/** The name of what only a backtracking engine can do. */
function featureOf(regex: string, part: string | null): string | undefined {
  if (part === null) return undefined
  if (/^\(\?<?[=!]/.test(part)) return 'Look-around is not supported'
  if (part.startsWith('(?>')) return 'An atomic group is not supported'
  if (/^\\([1-9]|k)/.test(part)) return 'A back-reference is not supported'
  return part.endsWith('+') && regex.includes(part) ? 'A possessive quantifier is not supported' : undefined
}

/** Java reads `[a-z&&[^b]]` and `[a[bc]]` as sets of sets; to RE2 they would be other, valid, classes. */
function unsupportedClass(regex: string): string | undefined {
  let inClass = false
  for (let at = 0; at < regex.length; at++) {
    const rest = regex.slice(at, at + 3)
    if (rest.startsWith('\\Q')) at = quoteEnd(regex, at)
    else if (rest.startsWith('\\')) at++
    else if (!inClass) {
      inClass = rest.startsWith('[')
      // A bracket that comes first is itself a member.
      if (inClass && /^\[\^?\]/.test(rest)) at += rest.startsWith('[^') ? 2 : 1
    } else if (rest.startsWith(']')) inClass = false
    else if (rest.startsWith('&&')) return 'An intersection of character classes (&&)'
    else if (rest.startsWith('[')) return 'A character class within a character class'
  }
  return undefined
}

function quoteEnd(regex: string, start: number): number {
  const end = regex.indexOf('\\E', start + 2)
  return end < 0 ? regex.length : end + 1
}

const posixClasses = ['Lower', 'Upper', 'ASCII', 'Alpha', 'Digit', 'Alnum', 'Punct', 'Graph', 'Print', 'Blank', 'Cntrl']
const posixName = new RegExp(
  `\\\\\\\\|\\\\([pP])\\{(${[...posixClasses, 'XDigit', 'Space'].join('|')})\\}|\\[\\^?|\\]`,
  'g',
)

/** `\p{Alpha}` is an ASCII class in Java and is written `[:alpha:]` for RE2. */
function withPosixClasses(regex: string): string {
  if (!/\\[pP]\{/.test(regex) || regex.includes('\\Q')) return regex
  let inClass = false
  return regex.replace(posixName, (part, sign?: string, name?: string) => {
    if (sign === undefined || name === undefined) {
      if (part !== '\\\\') inClass = part !== ']'
      return part
    }
    const text = `[:${sign === 'P' ? '^' : ''}${name.toLowerCase()}:]`
    return inClass ? text : `[${text}]`
  })
}
