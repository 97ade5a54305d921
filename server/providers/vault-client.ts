import { ConnectError, messageOf } from '#server/contract/errors.ts'

/** One answer of Vault's HTTP API, as far as we read it. */
export interface VaultAnswer {
  data?: Record<string, unknown> | null
  lease_id?: string
  lease_duration?: number
  renewable?: boolean
  auth?: { client_token: string; lease_duration: number; renewable: boolean } | null
}

/** An answer that is no success. `status` is Vault's; 0 when there was no answer. */
export class VaultError extends ConnectError {
  readonly vaultStatus: number

  constructor(vaultStatus: number, message: string, cause?: unknown) {
    super('CONFIG_INVALID', message, { cause })
    this.vaultStatus = vaultStatus
  }
}

/** Asks Vault; rejects with `VaultError` in words that name the path and never quote what was sent or answered. */
export type VaultCall = (
  request: { method: 'GET' | 'POST' | 'PUT'; path: string; token?: string; body?: object },
  signal: AbortSignal,
) => Promise<VaultAnswer>

export function createVaultCall(options: { address: string; namespace: string; timeoutMs: number }): VaultCall {
  const base = baseOf(options.address)

  return async ({ method, path, token, body }, signal) => {
    const what = `${method} ${path}`
    const url = `${base}/v1/${encodedPath(path)}`
    const headers: Record<string, string> = { 'x-vault-request': 'true' }
    if (options.namespace !== '') headers['x-vault-namespace'] = options.namespace
    if (token !== undefined) headers['x-vault-token'] = token
    if (body) headers['content-type'] = 'application/json'
    let response: Response
    let text: string
    try {
      response = await fetch(url, {
        method,
        headers,
        // Another host must not be handed the token.
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs)]),
        ...(body && { body: JSON.stringify(body) }),
      })
      text = await response.text()
    } catch (cause) {
      const why = cause instanceof Error && cause.name === 'TimeoutError' ? `within ${options.timeoutMs} ms` : 'at all'
      throw new VaultError(0, `Vault at ${base} did not answer ${what} ${why}`, cause)
    }
    const answer = read(text)
    if (response.ok) return answer ?? {}
    throw new VaultError(response.status, `Vault answered ${response.status} to ${what}${reasonOf(answer)}`)
  }
}

function baseOf(address: string): string {
  const url = URL.parse(address)
  if (url && (url.protocol === 'http:' || url.protocol === 'https:') && url.username === '') {
    return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
  }
  throw new ConnectError(
    'SETTING_INVALID',
    'Invalid value for configuration vault.addr: it must be an http:// or https:// address',
  )
}

function encodedPath(path: string): string {
  const parts = path.split('/')
  // A URL would read these as a way out of the path.
  if (parts.some((part) => part === '.' || part === '..' || part === '')) {
    throw new ConnectError('CONFIG_INVALID', `The path ${path} is no path of Vault`)
  }
  return parts.map(encodeURIComponent).join('/')
}

function read(text: string): (VaultAnswer & { errors?: unknown }) | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined
  } catch {
    return undefined // an empty answer, or one of something in between
  }
}

function reasonOf(answer: { errors?: unknown } | undefined): string {
  const errors = Array.isArray(answer?.errors) ? answer.errors.map(messageOf).join('; ') : ''
  return errors === '' ? '' : `: ${errors}`
}
