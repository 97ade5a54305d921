import { type Clock, systemClock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { RegistryConnection } from '#server/converters/registry/registry-settings.ts'
import { RetriableError } from '#server/sdk/data-error.ts'

/** What the registry answers to what it will not do (Confluent: `RestClientException`). */
export class RegistryRefusal extends Error {
  override readonly name = 'RestClientException'
  readonly status: number
  /** The registry's own code, as 40403 for an unknown schema. */
  readonly code: number

  constructor(message: string, status: number, code: number) {
    super(`${message}; error code: ${code}`)
    this.status = status
    this.code = code
  }
}

/** One request to the registry; the answer is JSON. */
export type AskRegistry = (method: 'GET' | 'POST', path: string, signal: AbortSignal, body?: object) => Promise<unknown>

export interface RegistryHttp {
  ask: AskRegistry
  /** Lets go of the connections that are kept open for further requests. */
  close(): void
}

interface Answer {
  status: number
  text: string
}

/** Answers larger than this are none that a registry gives. */
const largestAnswerBytes = 64 * 1024 * 1024
const contentType = 'application/vnd.schemaregistry.v1+json'
const worthAnotherTry = (status: number) => status === 408 || status === 429 || status >= 500

/**
 * Speaks to whichever of the registry's URLs answers, the one that did last time first. Rejects with `RegistryRefusal` for
 * what it refuses, with `RetriableError` when no URL answers after all retries, with the signal's reason when that aborts.
 */
export function createRegistryHttp(connection: RegistryConnection, clock: Clock = systemClock): RegistryHttp {
  // Loaded when the first registry is spoken to: every thread knows this converter, and few have use for nine megabytes.
  const http = process.getBuiltinModule('node:http')
  const https = process.getBuiltinModule('node:https')
  const agents = {
    'http:': new http.Agent({ keepAlive: true, maxSockets: 4 }),
    'https:': new https.Agent({ ...connection.tls, keepAlive: true, maxSockets: 4 }),
  }
  let preferred = 0

  async function once(at: number, method: string, path: string, signal: AbortSignal, body?: string): Promise<Answer> {
    const base = connection.urls[at] as URL
    const url = new URL(`${base.href.replace(/\/$/, '')}${path}`)
    const secure = url.protocol === 'https:'
    const authorization = connection.authorization[at]
    const within = AbortSignal.timeout(connection.connectTimeoutMs + connection.readTimeoutMs)
    return new Promise((resolve, reject) => {
      const request = (secure ? https.request : http.request)(url, {
        method,
        agent: secure ? agents['https:'] : agents['http:'],
        signal: AbortSignal.any([signal, within]),
        headers: {
          accept: `${contentType}, application/json`,
          ...(body !== undefined && { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }),
          ...(authorization && { authorization }),
        },
      })
      request.setTimeout(connection.readTimeoutMs, () =>
        request.destroy(new Error('The registry takes too long to answer')),
      )
      request.on('error', reject)
      request.on('response', (response) => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          size += chunk.length
          if (size > largestAnswerBytes) response.destroy(new Error('The answer of the registry is too large'))
        })
        response.on('error', reject)
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        )
      })
      request.end(body)
    })
  }

  /** Every URL once, until one answers. */
  async function round(method: string, path: string, signal: AbortSignal, body?: string): Promise<Answer> {
    const failures: string[] = []
    let unwell: Answer | undefined
    for (let i = 0; i < connection.urls.length; i++) {
      const at = (preferred + i) % connection.urls.length
      try {
        const answer = await once(at, method, path, signal, body)
        if (!worthAnotherTry(answer.status)) {
          preferred = at
          return answer
        }
        unwell = answer
        failures.push(`${connection.urls[at]?.origin} answers ${answer.status}`)
      } catch (error) {
        signal.throwIfAborted()
        failures.push(`${connection.urls[at]?.origin}: ${messageOf(error)}`)
      }
    }
    throw new RetriableError(`The schema registry is away (${failures.join('; ')})`, {
      ...(unwell && { cause: refusalOf(unwell) }),
    })
  }

  const ask: AskRegistry = async (method, path, signal, body) => {
    const text = body && JSON.stringify(body)
    for (let tried = 0; ; tried++) {
      try {
        return accepted(await round(method, path, signal, text))
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof RetriableError) || tried >= connection.maxRetries) throw error
        const waitMs = Math.min(connection.retryWaitMs * 2 ** Math.min(tried, 20), connection.longestRetryWaitMs)
        await clock.sleep(waitMs * (0.8 + clock.random() * 0.4), signal)
      }
    }
  }

  return {
    ask,
    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

function accepted(answer: Answer): unknown {
  if (answer.status !== 200) throw refusalOf(answer)
  try {
    return JSON.parse(answer.text)
  } catch {
    throw new RegistryRefusal('The schema registry answers something that is no JSON', answer.status, 50002)
  }
}

function refusalOf({ status, text }: Answer): RegistryRefusal {
  try {
    const { error_code: code, message } = JSON.parse(text) as { error_code?: unknown; message?: unknown }
    if (typeof message === 'string') return new RegistryRefusal(message, status, Number(code ?? status))
  } catch {
    // A proxy in front of the registry answers a page of its own.
  }
  return new RegistryRefusal(`The schema registry answers ${status}`, status, status)
}
