import type { ServerOptions as TlsOptions } from 'node:https'
import { readLogins } from '#server/bin/rest-logins.ts'
import type { Settings } from '#server/bin/settings.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { tlsContext, tlsSettings } from '#server/kafka/security/tls-settings.ts'
import { createBasicAuth } from '#server/rest/basic-auth.ts'
import { parseListener } from '#server/rest/listener.ts'
import { type RestSettings, restSettings } from '#server/rest/rest-settings.ts'
import type { RestServerOptions } from '#server/rest/server.ts'
import { createWorkerFetch, type Fetch } from '#server/rest/worker-fetch.ts'

type Properties = Readonly<Record<string, string>>

/** The doors of a worker as its settings want them, and how it knocks at those of others. */
export type RestDoors = RestSettings & Pick<RestServerOptions, 'tls' | 'adminTls' | 'guard'> & { fetch: Fetch }

/**
 * Reads what `restSettings` reads, and what needs files: TLS of `https` listeners (`ssl.*`, or `listeners.https.ssl.*` and
 * `admin.listeners.https.ssl.*` in their place), and the logins of `rest.extension.classes`. Throws SETTING_INVALID.
 */
export function readRestDoors(settings: Settings): RestDoors {
  const { values } = settings
  const rest = restSettings(values)
  const logins = readLogins(settings)
  return {
    ...rest,
    ...(hasTls(rest.listeners) && { tls: serverTls(rest.listeners, values, 'listeners.https.') }),
    ...(hasTls(rest.adminListeners) && { adminTls: serverTls(rest.adminListeners, values, 'admin.listeners.https.') }),
    ...(logins && { guard: createBasicAuth(logins) }),
    fetch: createWorkerFetch(() => tlsSettings(withPrefixOrNone(values, 'listeners.https.'))),
  }
}

const hasTls = (listeners: readonly string[] = []) => listeners.some((text) => parseListener(text).scheme === 'https')

function serverTls(listeners: readonly string[] = [], values: Properties, prefix: string): TlsOptions {
  const properties = withPrefixOrNone(values, prefix)
  const context = tlsContext(properties)
  if (!context.key) {
    throw new ConnectError(
      'SETTING_INVALID',
      `The listeners ${listeners.join(', ')} need a certificate: set ${prefix}ssl.keystore.location or ssl.keystore.location.`,
    )
  }
  return { ...context, ...clientAuth(properties['ssl.client.auth'] ?? 'none', prefix) }
}

/** Kafka: `AbstractConfig.valuesWithPrefixAllOrNothing`. */
function withPrefixOrNone(values: Properties, prefix: string): Properties {
  const own = Object.entries(values).flatMap(([key, value]) =>
    key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [],
  )
  return own.length > 0 ? Object.fromEntries(own) : values
}

function clientAuth(text: string, prefix: string): Pick<TlsOptions, 'requestCert' | 'rejectUnauthorized'> {
  switch (text.toLowerCase()) {
    case 'none':
      return {}
    case 'requested':
      return { requestCert: true, rejectUnauthorized: false }
    case 'required':
      return { requestCert: true, rejectUnauthorized: true }
  }
  const key = `${prefix}ssl.client.auth`
  throw new ConnectError('SETTING_INVALID', `${key} is "${text}", but must be none, requested or required.`)
}

/**
 * How other workers reach this one, with Kafka Connect's slash at the end (`RestServer.advertisedUrl`): by the listener
 * that `rest.advertised.listener` names, else by one without TLS if there is one.
 */
export function advertisedUrl(urls: readonly string[], settings: Settings): string {
  const wanted = settings.get('rest.advertised.listener')?.trim().toLowerCase() || undefined
  const of = (scheme: string) => urls.find((url) => url.startsWith(`${scheme}:`))
  const own = wanted === undefined ? (of('http') ?? of('https')) : of(wanted)
  if (own === undefined) {
    throw new ConnectError('SETTING_INVALID', `rest.advertised.listener is "${wanted}", but no listener is one.`)
  }
  const url = new URL(own)
  const host = settings.get('rest.advertised.host.name')
  const port = settings.port('rest.advertised.port')
  if (host !== undefined && host !== '') url.hostname = host
  if (port !== undefined) url.port = String(port)
  return url.href
}
