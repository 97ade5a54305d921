import { IllegalArgumentError } from '#server/sdk/data-error.ts'
import type { Pattern } from '#server/sdk/pattern.ts'

/**
 * The text with the first place that matches replaced, groups filled in (Java: `Matcher.replaceFirst`). Throws
 * `IllegalArgumentError` for a group that there is not.
 */
export function replaceFirst(pattern: Pattern, text: string, replacement: string): string {
  const matcher = pattern.matcher(text)
  if (!matcher.find()) return text
  const filled = fill(replacement, {
    count: matcher.groupCount(),
    numbered: (group) => matcher.group(group) ?? '',
    named: (name) => (Object.hasOwn(pattern.namedGroups(), name) ? (matcher.group(name) ?? '') : undefined),
  })
  return `${text.slice(0, matcher.start())}${filled}${text.slice(matcher.end())}`
}

/** The groups of a match; a group that took no part is empty. */
interface Groups {
  readonly count: number
  numbered(group: number): string
  /** undefined: there is no group of this name. */
  named(name: string): string | undefined
}

/** Fills groups into a replacement: `$1`, `${name}`, and a backslash before what stands for itself */
function fill(replacement: string, groups: Groups): string {
  return replacement.replaceAll(
    /\\([\s\S]?)|\$(?:\{([^}]*)(\}?)|(\d*))/g,
    (_all, escaped?: string, name?: string, closed?: string, digits?: string) => {
      if (escaped !== undefined) {
        if (escaped === '') throw new IllegalArgumentError('character to be escaped is missing')
        return escaped
      }
      return name === undefined ? numberedGroup(digits ?? '', groups) : namedGroup(name, closed ?? '', groups)
    },
  )
}

/** As many digits as make a group that there is; the rest is text. */
function numberedGroup(digits: string, { count, numbered }: Groups): string {
  if (digits === '') throw new IllegalArgumentError('Illegal group reference')
  let length = 1
  while (length < digits.length && Number(digits.slice(0, length + 1)) <= count) length += 1
  const group = Number(digits.slice(0, length))
  if (group > count) throw new IllegalArgumentError(`No group ${group}`)
  return numbered(group) + digits.slice(length)
}

function namedGroup(name: string, closed: string, { named }: Groups): string {
  if (closed === '') throw new IllegalArgumentError("named capturing group is missing trailing '}'")
  const found = named(name)
  if (found === undefined) throw new IllegalArgumentError(`No group with name {${name}}`)
  return found
}
