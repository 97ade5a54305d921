import { ConnectError } from '#server/contract/errors.ts'

/** One address of `listeners`. */
export interface Listener {
  /** As it was written. */
  text: string
  /** Undefined binds every interface. */
  host: string | undefined
  port: number
  /** The host as a URL names it. */
  urlHost: string
}

/** Reads `http://host:port`, where the host may be left out (Kafka: `http://:8083`). */
export function parseListener(text: string): Listener {
  const [, scheme = '', host = '', port = ''] =
    /^([A-Za-z]+):\/\/(\[[^\]]*\]|[^:/]*):(\d{1,5})\/?$/.exec(text.trim()) ?? []
  if (scheme.toLowerCase() === 'https') {
    throw new ConnectError('SETTING_INVALID', `The listener ${text} asks for TLS, which this worker does not offer.`)
  }
  if (scheme.toLowerCase() !== 'http' || Number(port) > 65_535) {
    throw new ConnectError('SETTING_INVALID', `"${text}" is not a listener; write it like http://127.0.0.1:8083.`)
  }
  const bare = host.replace(/^\[|\]$/g, '')
  return {
    text,
    host: bare === '' ? undefined : bare,
    port: Number(port),
    urlHost: host === '' || host === '0.0.0.0' || host === '[::]' ? 'localhost' : host,
  }
}
