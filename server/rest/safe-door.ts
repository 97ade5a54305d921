import { ConnectError } from '#server/contract/errors.ts'
import type { Cors } from '#server/rest/cors.ts'
import type { RestRequest } from '#server/rest/message.ts'

export interface SafeDoor {
  /** Throws when the request may not pass. */
  check(request: RestRequest): void
}

const loopbackNames = ['localhost', '127.0.0.1', '[::1]', '::1']
const harmless = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Keeps web pages away from a worker that trusts whoever can reach it (S-02): the Host header has to be one of the
 * worker's own names, which stops DNS rebinding, and a change may not come from another site.
 */
export function createSafeDoor(options: { allowedHosts: readonly string[]; cors: Cors }): SafeDoor {
  const names = new Set([...loopbackNames, ...options.allowedHosts].map((host) => host.toLowerCase()))
  return {
    check(request) {
      const host = request.headers.get('host') ?? new URL(request.url).host
      if (!names.has(nameOf(host))) {
        throw new ConnectError(
          'ORIGIN_REFUSED',
          `'${host}' is not one of this worker's names; add it to sluice.rest.allowed.hosts if it is.`,
        )
      }
      if (harmless.has(request.method)) return
      const origin = request.headers.get('origin')
      if (origin !== null) {
        if (origin === `http://${host}` || origin === `https://${host}` || options.cors.allows(origin)) return
        throw new ConnectError('ORIGIN_REFUSED', `Requests from ${origin} may not change anything here.`)
      }
      // Browsers that leave out Origin still say where a request comes from; programs send neither.
      const site = request.headers.get('sec-fetch-site')
      if (site === 'cross-site' || site === 'same-site') {
        throw new ConnectError('ORIGIN_REFUSED', 'Requests from another site may not change anything here.')
      }
    },
  }
}

const nameOf = (host: string): string => host.toLowerCase().replace(/:\d+$/, '')
