/** JSON as text, never as values: numbers that JavaScript cannot hold keep every digit. */

const blank = /\s/

/** The text with two blanks a level; undefined when it is not JSON. */
export function indentJson(text: string): string | undefined {
  if (!isJson(text)) return undefined
  let out = ''
  let depth = 0
  const newLine = () => `\n${'  '.repeat(depth)}`
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? ''
    if (character === '"') {
      const end = endOfString(text, at)
      out += text.slice(at, end)
      at = end - 1
    } else if (character === '{' || character === '[') {
      const next = skipBlanks(text, at + 1)
      if (text[next] === '}' || text[next] === ']') {
        out += character + text[next]
        at = next
      } else {
        depth += 1
        out += character + newLine()
      }
    } else if (character === '}' || character === ']') {
      depth -= 1
      out += newLine() + character
    } else if (character === ',') out += `,${newLine()}`
    else if (character === ':') out += ': '
    else if (!blank.test(character)) out += character
  }
  return out
}

/** The members of an object, each value as its own text; undefined when the text is no JSON object. */
export function membersOf(text: string): Map<string, string> | undefined {
  const begin = skipBlanks(text, 0)
  if (text[begin] !== '{' || !isJson(text)) return undefined
  const members = new Map<string, string>()
  let at = skipBlanks(text, begin + 1)
  while (text[at] === '"') {
    const nameEnd = endOfString(text, at)
    const name: string = JSON.parse(text.slice(at, nameEnd))
    const valueAt = skipBlanks(text, skipBlanks(text, nameEnd) + 1)
    const valueEnd = endOfValue(text, valueAt)
    members.set(name, text.slice(valueAt, valueEnd))
    at = skipBlanks(text, valueEnd)
    if (text[at] === ',') at = skipBlanks(text, at + 1)
  }
  return members
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function skipBlanks(text: string, from: number): number {
  let at = from
  while (at < text.length && blank.test(text[at] ?? '')) at++
  return at
}

/** The position after the closing quote. */
function endOfString(text: string, from: number): number {
  let at = from + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function endOfValue(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const character = text[at] ?? ''
    if (character === '"') at = endOfString(text, at) - 1
    else if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') {
      if (depth === 0) return trimmedEnd(text, at)
      depth -= 1
    } else if (character === ',' && depth === 0) return trimmedEnd(text, at)
  }
  return text.length
}

function trimmedEnd(text: string, end: number): number {
  let at = end
  while (at > 0 && blank.test(text[at - 1] ?? '')) at--
  return at
}
