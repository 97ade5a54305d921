import { ConnectError } from '#server/contract/errors.ts'
import { parseHeaderRules } from '#server/rest/response-headers.ts'
import type { RestServerOptions } from '#server/rest/server.ts'

/** What worker settings say about the doors; the rest of `RestServerOptions` is the worker itself. */
export type RestSettings = Pick<
  RestServerOptions,
  | 'profile'
  | 'listeners'
  | 'adminListeners'
  | 'allowedHosts'
  | 'allowOrigins'
  | 'allowMethods'
  | 'headerRules'
  | 'requestTimeoutMs'
  | 'verificationAlgorithms'
>

/**
 * Reads Kafka's own keys (`listeners`, `admin.listeners`, `access.control.allow.*`, `response.http.headers.config`,
 * `rest.advertised.host.name`, `inter.worker.verification.algorithms`) and ours (`sluice.profile`,
 * `sluice.rest.allowed.hosts`, `sluice.rest.request.timeout.ms`). Without `listeners` a worker binds loopback (S-01).
 */
export function restSettings(properties: Readonly<Record<string, string>>): RestSettings {
  const admin = properties['admin.listeners']
  const advertised = properties['rest.advertised.host.name']
  const algorithms = listOf(properties['inter.worker.verification.algorithms'])
  const timeout = properties['sluice.rest.request.timeout.ms']
  return {
    profile: profileOf(properties['sluice.profile'] ?? 'compat'),
    listeners: nonEmpty(listOf(properties.listeners)) ?? ['http://127.0.0.1:8083'],
    ...(admin !== undefined && { adminListeners: listOf(admin) }),
    allowedHosts: [...(advertised ? [advertised] : []), ...listOf(properties['sluice.rest.allowed.hosts'])],
    allowOrigins: listOf(properties['access.control.allow.origin']),
    allowMethods: listOf(properties['access.control.allow.methods']),
    headerRules: parseHeaderRules(properties['response.http.headers.config'] ?? ''),
    ...(timeout !== undefined && { requestTimeoutMs: milliseconds(timeout) }),
    verificationAlgorithms: nonEmpty(algorithms) ?? ['HmacSHA256'],
  }
}

function profileOf(text: string): 'compat' | 'safe' {
  if (text === 'compat' || text === 'safe') return text
  throw new ConnectError('SETTING_INVALID', `sluice.profile is "${text}", but must be compat or safe.`)
}

function milliseconds(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text.trim())) return Number(text)
  throw new ConnectError(
    'SETTING_INVALID',
    `sluice.rest.request.timeout.ms is "${text}", but must be a whole number of milliseconds above 0.`,
  )
}

const nonEmpty = (list: string[]): string[] | undefined => (list.length > 0 ? list : undefined)

const listOf = (text = ''): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
