import { int, long, secret, text } from '#server/contract/config-field.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { createVaultCall, type VaultAnswer, type VaultCall, VaultError } from '#server/providers/vault-client.ts'
import { createVaultToken, renewAfter, type VaultAuth } from '#server/providers/vault-token.ts'
import { type ConfigData, defineConfigProvider } from '#server/sdk/config-provider.ts'

/**
 * `${vault:secret/db:password}`: one field of a secret in HashiCorp Vault, by its HTTP API. Class and parameters are those
 * of the Lenses secret providers.
 */
export const vaultConfigProvider = defineConfigProvider({
  class: 'io.lenses.connect.secrets.providers.VaultSecretProvider',
  summary:
    'One field of a secret in HashiCorp Vault: the path is that of the secret with its mount, the key is the field.',
  config: {
    'vault.addr': text({
      doc: 'Address of the Vault server.',
      importance: 'high',
      default: 'http://localhost:8200',
    }),
    'vault.auth.method': text({
      doc: 'How the worker proves who it is: with a token, or with an AppRole.',
      importance: 'high',
      default: 'token',
      checks: [{ check: 'one-of', values: ['token', 'approle'], ignoreCase: true }],
    }),
    'vault.token': secret({
      doc: 'The token, where `vault.auth.method` is `token`. It is renewed as long as Vault allows.',
      importance: 'high',
      default: null,
    }),
    'app.role.id': text({
      doc: 'The id of the role, where `vault.auth.method` is `approle`.',
      importance: 'high',
      default: null,
    }),
    'app.role.secret.id': secret({
      doc: 'The secret id of the role, where `vault.auth.method` is `approle`.',
      importance: 'high',
      default: null,
    }),
    'vault.namespace': text({
      doc: 'The namespace that paths are in, for Vault Enterprise.',
      importance: 'medium',
      default: '',
    }),
    'vault.engine.version': int({
      doc: 'Version of the key/value engine. With 2, `data` is put behind the mount in every path; with 1 paths are taken as they stand, which also suits engines that make credentials, such as `database`.',
      importance: 'high',
      default: 2,
      checks: [{ check: 'range', min: 1, max: 2 }],
    }),
    'secret.default.ttl': long({
      doc: 'After how many milliseconds a secret without a lease is read again; a connector restarts when it has changed. 0 for never.',
      importance: 'medium',
      default: 0,
      checks: [{ check: 'range', min: 0 }],
    }),
    'vault.timeout.ms': int({
      doc: 'How long a request to Vault may take, in milliseconds.',
      importance: 'low',
      default: 10_000,
      checks: [{ check: 'range', min: 1 }],
    }),
  },
  example: {
    params: { 'vault.addr': 'https://vault.example.com:8200', 'vault.token': 'hvs.example' },
    value: '${vault:secret/orders/db:password}',
  },
  open(params, { clock, logger }) {
    const closing = new AbortController()
    const call = createVaultCall({
      address: params['vault.addr'],
      namespace: params['vault.namespace'],
      timeoutMs: params['vault.timeout.ms'],
    })
    const token = createVaultToken({ auth: authOf(params), call, clock, logger, signal: closing.signal })
    const version = params['vault.engine.version']

    /** With the token; once more with a new one when Vault does not take it any more. */
    async function ask(request: Parameters<VaultCall>[0], signal: AbortSignal): Promise<VaultAnswer> {
      try {
        return await call({ ...request, token: await token.current() }, signal)
      } catch (error) {
        if (!(error instanceof VaultError) || error.vaultStatus !== 403 || !token.refused()) throw error
        return await call({ ...request, token: await token.current() }, signal)
      }
    }

    async function renew(lease: string, firstSeconds: number, signal: AbortSignal): Promise<number | undefined> {
      try {
        const { lease_duration: seconds = 0 } = await ask(
          { method: 'PUT', path: 'sys/leases/renew', body: { lease_id: lease } },
          signal,
        )
        // Near the longest life that Vault gives a lease it is lengthened by less and less.
        return seconds < firstSeconds / 2 ? undefined : seconds * 1000 * renewAfter
      } catch (error) {
        if (error instanceof VaultError && error.vaultStatus >= 400 && error.vaultStatus < 500) return undefined
        throw error
      }
    }

    return {
      async get(path, keys, signal) {
        const answer = await ask({ method: 'GET', path: apiPath(path, version) }, signal)
        const values = fieldsOf(answer, version, keys)
        const { lease_id: lease = '', lease_duration: seconds = 0 } = answer
        if (lease === '' || seconds === 0) {
          const ttlMs = params['secret.default.ttl']
          return { values, ...(ttlMs > 0 && { ttlMs }) }
        }
        const data: ConfigData = { values, ttlMs: seconds * 1000 * renewAfter }
        if (answer.renewable) data.renew = (renewing) => renew(lease, seconds, renewing)
        return data
      },
      async [Symbol.asyncDispose]() {
        closing.abort()
      },
    }
  },
})

function authOf(params: {
  'vault.auth.method': string
  'vault.token': string | null
  'app.role.id': string | null
  'app.role.secret.id': string | null
}): VaultAuth {
  const given = (key: 'vault.token' | 'app.role.id' | 'app.role.secret.id') => {
    const value = params[key]
    if (value) return value
    throw new ConnectError('SETTING_INVALID', `Missing required configuration "${key}" which has no default value.`)
  }
  return params['vault.auth.method'].toLowerCase() === 'approle'
    ? { method: 'approle', roleId: given('app.role.id'), secretId: given('app.role.secret.id') }
    : { method: 'token', token: given('vault.token') }
}

/** `secret/db` → `secret/data/db` for version 2 of the engine, unless it is written so already. */
function apiPath(path: string, version: number): string {
  const [mount = '', ...rest] = path.replace(/^\/+|\/+$/g, '').split('/')
  return (version === 2 && rest[0] !== 'data' ? [mount, 'data', ...rest] : [mount, ...rest]).join('/')
}

/** Fields that are no strings are taken as their JSON text. */
function fieldsOf({ data }: VaultAnswer, version: number, keys: readonly string[]): Map<string, string> {
  const fields = version === 2 ? data?.data : data
  if (typeof fields !== 'object' || fields === null) return new Map()
  const entries = Object.entries(fields).filter(([key, value]) => keys.includes(key) && value !== null)
  return new Map(entries.map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]))
}
