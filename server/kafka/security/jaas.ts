import { invalidSetting } from '#server/kafka/security/invalid-setting.ts'

/** One login module of a `sasl.jaas.config`. */
export interface JaasEntry {
  /** The class without its package: `PlainLoginModule`, `ScramLoginModule`, `OAuthBearerLoginModule`. */
  module: string
  options: Readonly<Record<string, string>>
}

const key = 'sasl.jaas.config'
const token = /\s*(?:"((?:[^"\\]|\\.)*)"|([^\s=;"]+)|([=;]))/y
const controlFlags = new Set(['required', 'requisite', 'sufficient', 'optional'])

/**
 * Reads `Module required name="value" …;` as JAAS spells it (Kafka: `JaasConfig`): values bare or quoted, backslashes
 * escape. Throws SETTING_INVALID, without any of the text.
 */
export function parseJaas(text: string): JaasEntry {
  const tokens = tokensOf(text)
  const [name, flag] = tokens
  if (name?.kind !== 'word' || flag?.kind !== 'word' || !controlFlags.has(flag.text.toLowerCase())) {
    throw invalidSetting(key, 'it must begin with a login module and a control flag such as "required"')
  }
  const options: Record<string, string> = {}
  let at = 2
  while (tokens[at]?.kind === 'word') {
    const [option, equals, value] = tokens.slice(at, at + 3)
    if (equals?.text !== '=' || value === undefined || value.kind === 'sign') {
      throw invalidSetting(key, `option ${(at - 2) / 3 + 1} is not name=value`)
    }
    options[option?.text ?? ''] = value.text
    at += 3
  }
  if (tokens[at]?.text !== ';') throw invalidSetting(key, 'it must end with a semicolon')
  if (at + 1 < tokens.length) throw invalidSetting(key, 'it must hold one login module')
  return { module: name.text.slice(name.text.lastIndexOf('.') + 1), options }
}

interface Token {
  kind: 'word' | 'quoted' | 'sign'
  text: string
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  const trimmed = text.trimEnd()
  token.lastIndex = 0
  while (token.lastIndex < trimmed.length) {
    const at = token.lastIndex
    const match = token.exec(trimmed)
    if (!match) throw invalidSetting(key, `it cannot be read from character ${at + 1} on`)
    const [, quoted, word, sign] = match
    if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted.replaceAll(/\\(.)/gs, '$1') })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word })
    else tokens.push({ kind: 'sign', text: sign ?? '' })
  }
  return tokens
}
