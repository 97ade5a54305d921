import { ConnectError } from '#server/contract/errors.ts'

const schemes = ['http', 'https'] as const

/** One address of `listeners`. */
export interface Listener {
  /** As it was written. */
  text: string
  scheme: (typeof schemes)[number]
  /** Undefined binds every interface. */
  host: string | undefined
  port: number
  /** The host as a URL names it. */
  urlHost: string
}

/** Reads `http://host:port` or `https://host:port`, where the host may be left out (Kafka: `http://:8083`). */
export function parseListener(text: string): Listener {
  const [, scheme = '', host = '', port = ''] =
    /^([A-Za-z]+):\/\/(\[[^\]]*\]|[^:/]*):(\d{1,5})\/?$/.exec(text.trim()) ?? []
  const known = schemes.find((each) => each === scheme.toLowerCase())
  if (!known || Number(port) > 65_535) {
    throw new ConnectError('SETTING_INVALID', `"${text}" is not a listener; write it like http://127.0.0.1:8083.`)
  }
  const bare = host.replace(/^\[|\]$/g, '')
  return {
    text,
    scheme: known,
    host: bare === '' ? undefined : bare,
    port: Number(port),
    urlHost: host === '' || host === '0.0.0.0' || host === '[::]' ? 'localhost' : host,
  }
}
