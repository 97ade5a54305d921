import type { Clock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { VaultAnswer, VaultCall } from '#server/providers/vault-client.ts'

export type VaultAuth = { method: 'token'; token: string } | { method: 'approle'; roleId: string; secretId: string }

/** The token that opens Vault, logged in when it is first needed and kept alive from then on. */
export interface VaultToken {
  current(): Promise<string>
  /** Vault refused the current one. Whether there is a way to another, which the next call answers. */
  refused(): boolean
}

/** A lease that cannot be made longer than this part of what it was at first is near its end. */
const worthKeeping = 0.5
/** Renewed while a third of the time is left for failures. */
export const renewAfter = 2 / 3

export function createVaultToken(options: {
  auth: VaultAuth
  call: VaultCall
  clock: Clock
  logger: Logger
  /** Aborts when nobody needs the token any more. */
  signal: AbortSignal
}): VaultToken {
  const { auth, call, clock, logger, signal } = options
  let held: Promise<string> | undefined

  async function obtain(): Promise<string> {
    const { token, ttlSeconds } = auth.method === 'token' ? await lookUp(auth.token) : await logIn(auth)
    if (ttlSeconds > 0) void keepAlive(token, ttlSeconds)
    return token
  }

  async function logIn({ roleId, secretId }: Extract<VaultAuth, { method: 'approle' }>) {
    const body = { role_id: roleId, secret_id: secretId }
    const { auth: granted } = await call({ method: 'POST', path: 'auth/approle/login', body }, signal)
    return { token: granted?.client_token ?? '', ttlSeconds: granted?.lease_duration ?? 0 }
  }

  /** A token need not be allowed to look at itself: then it is taken as one that lasts. */
  async function lookUp(token: string) {
    const nothing: VaultAnswer = {}
    const found = await call({ method: 'GET', path: 'auth/token/lookup-self', token }, signal).catch(() => nothing)
    const { ttl, renewable } = found.data ?? {}
    return { token, ttlSeconds: renewable === true && typeof ttl === 'number' ? ttl : 0 }
  }

  async function keepAlive(token: string, firstSeconds: number): Promise<void> {
    for (let seconds = firstSeconds; !signal.aborted; ) {
      await clock.sleep(seconds * 1000 * renewAfter, signal)
      if (signal.aborted) return
      seconds = await renewed(token)
      if (seconds < firstSeconds * worthKeeping) break
    }
    if (signal.aborted) return
    if (auth.method === 'approle') held = undefined
    else logger.warn('The token for Vault is at the end of its life: give the worker another one')
  }

  async function renewed(token: string): Promise<number> {
    try {
      const answer = await call({ method: 'POST', path: 'auth/token/renew-self', token, body: {} }, signal)
      return answer.auth?.lease_duration ?? 0
    } catch (error) {
      logger.warn(`The token for Vault was not renewed: ${messageOf(error)}`)
      return 0
    }
  }

  return {
    async current() {
      const asked = held ?? obtain()
      held = asked
      try {
        return await asked
      } catch (error) {
        if (held === asked) held = undefined
        throw error
      }
    },
    refused() {
      if (auth.method === 'token') return false
      held = undefined
      return true
    },
  }
}
