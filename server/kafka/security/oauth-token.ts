import { readFile } from 'node:fs/promises'
import type { RequestOptions } from 'node:http'
import { fileURLToPath } from 'node:url'
import { messageOf } from '#server/contract/errors.ts'
import type { TlsSettings } from '#server/kafka/security/tls-settings.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** A bearer token; `expiresAt` is in ms since the epoch, undefined when the token does not tell. */
export interface OAuthToken {
  value: string
  expiresAt: number | undefined
}

export interface ClientCredentials {
  endpoint: URL
  clientId: string
  clientSecret: string
  scope: string | undefined
  connectTimeoutMs: number
  readTimeoutMs: number
  tls: TlsSettings | undefined
}

const maxAnswerBytes = 1024 * 1024

/**
 * A token from the token endpoint for a client's own credentials (RFC 6749, section 4.4). Rejects with
 * SASL_AUTHENTICATION_FAILED when the endpoint refuses them, with NETWORK_EXCEPTION when it cannot be asked just now.
 */
export async function requestToken(credentials: ClientCredentials, now: number): Promise<OAuthToken> {
  const { endpoint, clientId, clientSecret, scope } = credentials
  const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...(scope ? { scope } : {}) }).toString()
  const { status, text } = await post(credentials, body, {
    authorization: `Basic ${basic}`,
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  })
  const answer = objectOf(text)
  const where = `the token endpoint ${endpoint.origin}${endpoint.pathname}`
  if (status >= 500 || status === 429) throw new KafkaError('NETWORK_EXCEPTION', `${where} answered ${status}`)
  if (status !== 200 || typeof answer?.access_token !== 'string') {
    const reason = typeof answer?.error === 'string' ? `: ${answer.error}` : ''
    throw new KafkaError('SASL_AUTHENTICATION_FAILED', `${where} answered ${status} without a token${reason}`)
  }
  const seconds = Number(answer.expires_in)
  return { value: answer.access_token, expiresAt: seconds > 0 ? now + seconds * 1000 : expiryOf(answer.access_token) }
}

/** The token that stands in a file, for whoever puts a fresh one there (`file:` as the token endpoint). */
export async function readToken(file: URL): Promise<OAuthToken> {
  try {
    return staticToken(await readFile(fileURLToPath(file), 'utf8'))
  } catch (error) {
    throw new KafkaError('SASL_AUTHENTICATION_FAILED', `the token file: ${messageOf(error)}`, { cause: error })
  }
}

export function staticToken(text: string): OAuthToken {
  const value = text.trim()
  return { value, expiresAt: expiryOf(value) }
}

/** A token without a signature, for brokers in development (`unsecuredLoginStringClaim_sub`). */
export function unsecuredToken(claims: Readonly<Record<string, string>>, now: number): OAuthToken {
  const seconds = Math.floor(now / 1000)
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const lifetime = 3600
  const payload = { ...claims, iat: seconds, exp: seconds + lifetime }
  return { value: `${encode({ alg: 'none' })}.${encode(payload)}.`, expiresAt: (seconds + lifetime) * 1000 }
}

/** `exp` of a JSON web token. */
function expiryOf(token: string): number | undefined {
  const exp = objectOf(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())?.exp
  return typeof exp === 'number' ? exp * 1000 : undefined
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined // no JSON: there is no token in it
  }
}

function post(
  { endpoint, tls, connectTimeoutMs, readTimeoutMs }: ClientCredentials,
  body: string,
  headers: Record<string, string>,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const options: RequestOptions = {
      method: 'POST',
      headers,
      signal: AbortSignal.timeout(connectTimeoutMs + readTimeoutMs),
    }
    const fail = (error: unknown) =>
      reject(new KafkaError('NETWORK_EXCEPTION', `the token endpoint ${endpoint.origin}: ${messageOf(error)}`))
    // Loaded only where tokens are asked for: every thread has this client, and few log in this way.
    const request =
      endpoint.protocol === 'https:'
        ? process.getBuiltinModule('node:https').request(endpoint, { ...options, ...tls })
        : process.getBuiltinModule('node:http').request(endpoint, options)
    request.on('error', fail)
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('error', fail)
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > maxAnswerBytes) request.destroy(new Error(`an answer of more than ${maxAnswerBytes} bytes`))
        else chunks.push(chunk)
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
    })
    request.end(body)
  })
}
