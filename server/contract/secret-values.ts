/** Whether a key holds a secret, by its definition. Keys that no definition knows are judged by their name. */
export type IsPassword = (key: string) => boolean

const word =
  'passwords?|passwd|pwd|secrets?|passphrase|credentials?|token|jaas[._-]config|(?:private|api|access|account|shared|keystore)[._-]?key|user[._-]info'
const tellingName = new RegExp(`(^|[._-])(${word})($|[._-])`, 'i')
/** `user:password@` in a URL. */
const urlPassword = /:\/\/[^\s/@:]*:([^\s/@]+)@/g
/** The same before a further host of one URL. */
const nextPassword = /,[^\s/@:,]+:([^\s/@,]+)@/g
/** `password=…` among the parameters of a URL. */
const urlParameter = new RegExp(`[?&;](?:[\\w.-]*[._-])?(?:${word})=([^&;\\s"']+)`, 'gi')
/** `password="…"` among the options of a login, as JAAS writes them. */
const loginOption = new RegExp(`\\b(?:[\\w.-]*[._-])?(?:${word})\\s*=\\s*"((?:[^"\\\\]|\\\\.)+)"`, 'gi')
/** One placeholder of a config provider and nothing else: it is resolved by the worker, and people need to see it. */
const reference = /^\$\{[^}:]*:[^}]*\}$/

/** Whether a person at the browser must not see this value (S-06). */
export function isSecret(key: string, value: string | null, isPassword: IsPassword): boolean {
  return value !== null && secretsIn(key, value, isPassword).length > 0
}

/**
 * What must not be told of a config's value (S-09): all of it when its key holds a secret, and the passwords of addresses
 * and logins wherever they stand, as they are written and as they are meant.
 */
export function secretsIn(key: string, value: string, isPassword: IsPassword): string[] {
  if (value === '' || reference.test(value)) return []
  const whole = isPassword(key) || tellingName.test(key) ? [value] : []
  const inAddresses = [urlPassword, nextPassword, urlParameter].flatMap((pattern) => groups(pattern, value))
  const inLogins = groups(loginOption, value)
  return [
    ...new Set([
      ...whole,
      ...inAddresses.flatMap((written) => [written, decoded(written)]),
      ...inLogins.flatMap((written) => [written, written.replace(/\\(.)/g, '$1')]),
    ]),
  ]
}

const groups = (pattern: RegExp, text: string): string[] => [...text.matchAll(pattern)].map(([, group = '']) => group)

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
