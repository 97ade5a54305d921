import type { IncomingHttpHeaders } from 'node:http'
import { ConnectError } from '#server/contract/errors.ts'

/** What the door looks at. */
export interface Knock {
  method: string
  /** Whether procedures are asked for; else it is a page, or what belongs to one. */
  api: boolean
  headers: IncomingHttpHeaders
}

/** Throws when a request may not pass. */
export type Door = (knock: Knock) => void

const loopbackNames = ['localhost', '127.0.0.1', '[::1]']

/**
 * Keeps other web sites away from a console that trusts whoever can reach it (S-02). The Host header has to be one of
 * the console's own names, which stops DNS rebinding; procedures are called by the console's own pages alone, and by
 * programs, which send neither Origin nor Sec-Fetch-Site; a change has to be JSON, which no form can send.
 */
export function createDoor(allowedHosts: readonly string[]): Door {
  const names = new Set([...loopbackNames, ...allowedHosts].map((name) => name.toLowerCase()))

  return ({ method, api, headers }) => {
    const host = headers.host ?? ''
    if (!names.has(nameOf(host))) {
      throw new ConnectError(
        'ORIGIN_REFUSED',
        `'${host}' is not one of this console's names; add it to console.allowed.hosts if it is.`,
      )
    }
    const reads = method === 'GET' || method === 'HEAD'
    if (!api) {
      if (reads) return
      throw new ConnectError('METHOD_NOT_ALLOWED', 'Pages are only read.')
    }
    refuseForeign(headers, host)
    if (reads) return
    if (method !== 'POST') throw new ConnectError('METHOD_NOT_ALLOWED', 'Procedures are called by GET or POST.')
    if (!isJson(headers['content-type'])) {
      throw new ConnectError('MEDIA_TYPE_UNSUPPORTED', 'A change is sent as application/json.')
    }
  }
}

/** An upgraded connection passes by no other check, so a foreign page is refused here whatever it asks for. */
export function refuseForeign(headers: IncomingHttpHeaders, host: string): void {
  const { origin } = headers
  const site = headers['sec-fetch-site']
  const ownOrigin = origin === undefined || origin === `http://${host}` || origin === `https://${host}`
  if (ownOrigin && site !== 'cross-site' && site !== 'same-site') return
  throw new ConnectError('ORIGIN_REFUSED', `Pages of ${origin ?? 'another site'} may not ask this console.`)
}

const nameOf = (host: string): string => host.toLowerCase().replace(/:\d+$/, '')

const isJson = (type: string | undefined): boolean =>
  (type ?? '').split(';')[0]?.trim().toLowerCase() === 'application/json'
