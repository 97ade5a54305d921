import { IllegalArgumentError } from '#server/sdk/data-error.ts'

/** A field of a date, `count` letters wide, or a text that stands as it is. */
export type PatternPart = { readonly letter: string; readonly count: number } | { readonly literal: string }

const letters = 'GyMdkHmsSEDFwWahKzZYuXL'

/** Takes a pattern of `SimpleDateFormat` apart. Throws `IllegalArgumentError` in Java's words. */
export function parseDatePattern(pattern: string): PatternPart[] {
  const parts: PatternPart[] = []
  let literal = ''
  const endLiteral = () => {
    if (literal !== '') parts.push({ literal })
    literal = ''
  }
  for (let at = 0; at < pattern.length; ) {
    const quoted = quotedAt(pattern, at)
    const character = pattern.charAt(at)
    if (quoted) {
      literal += quoted.text
      at = quoted.end
    } else if (/[a-zA-Z]/.test(character)) {
      endLiteral()
      let end = at
      while (pattern[end] === character) end += 1
      parts.push(fieldOf(character, end - at))
      at = end
    } else {
      literal += character
      at += 1
    }
  }
  endLiteral()
  return parts
}

/** Between apostrophes, two of which stand for one, inside and outside. */
function quotedAt(pattern: string, start: number): { text: string; end: number } | undefined {
  if (pattern[start] !== "'") return undefined
  if (pattern[start + 1] === "'") return { text: "'", end: start + 2 }
  let text = ''
  for (let at = start + 1; at < pattern.length; at++) {
    if (pattern[at] !== "'") text += pattern[at]
    else if (pattern[at + 1] === "'") text += pattern[++at]
    else return { text, end: at + 1 }
  }
  throw new IllegalArgumentError('Unterminated quote')
}

function fieldOf(letter: string, count: number): PatternPart {
  if (!letters.includes(letter)) throw new IllegalArgumentError(`Illegal pattern character '${letter}'`)
  if (letter === 'X' && count > 3) throw new IllegalArgumentError(`invalid ISO 8601 format: length=${count}`)
  return { letter, count }
}
