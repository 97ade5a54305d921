import { ConnectError } from '#server/contract/errors.ts'
import type { HeaderMap } from '#server/rest/message.ts'

/** One rule of `response.http.headers.config`. */
export interface HeaderRule {
  action: 'set' | 'add'
  name: string
  /** A text, or a time from now in milliseconds, which is written as a date. */
  value: string | number
}

/** Reads rules like `add X-Frame-Options: DENY, "add Cache-Control: no-cache, no-store"`. */
export function parseHeaderRules(text: string): HeaderRule[] {
  const rules = text.match(/"[^"]*"|[^,"\s][^,]*/g) ?? []
  return rules
    .map((rule) => rule.trim().replace(/^"|"$/g, '').trim())
    .filter((rule) => rule !== '')
    .map((rule) => {
      const [, verb = '', name = '', value = ''] = /^(\S+)\s+([^:]+):\s*(.*)$/.exec(rule) ?? []
      if (!/^(set|add|setDate|addDate)$/i.test(verb) || name.trim() === '' || value.trim() === '') {
        throw new ConnectError(
          'SETTING_INVALID',
          `response.http.headers.config holds "${rule}"; a rule is "[set|add|setDate|addDate] [header name]: [header value]".`,
        )
      }
      const date = verb.toLowerCase().endsWith('date')
      return {
        action: verb.toLowerCase().startsWith('set') ? 'set' : 'add',
        name: name.trim(),
        value: date ? Number(value) : value.trim(),
      }
    })
}

export function applyHeaderRules(
  rules: readonly HeaderRule[],
  headers: Pick<HeaderMap, 'set' | 'append'>,
  now: number,
): void {
  for (const { action, name, value: given } of rules) {
    const value = typeof given === 'number' ? new Date(now + given).toUTCString() : given
    if (action === 'set') headers.set(name, value)
    else headers.append(name, value)
  }
}
