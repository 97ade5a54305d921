import { expect, test } from 'vitest'
import type { Clock } from '#server/contract/clock.ts'
import { parseConfig } from '#server/core/config-def.ts'
import { startFakeVault, type VaultReply, type VaultRequest } from '#server/providers/test-tree/fake-vault.ts'
import { vaultConfigProvider } from '#server/providers/vault-config-provider.ts'
import { leapingClock } from '#server/sdk/testing/leaping-clock.ts'
import { quietLogger } from '#server/sdk/testing/quiet-logger.ts'

const signal = new AbortController().signal
const ok = (body: object): VaultReply => ({ status: 200, body })
const denied: VaultReply = { status: 403, body: { errors: ['permission denied'] } }

/** A clock on which nobody who sleeps wakes before it is told to. */
const still: Clock = {
  now: () => 0,
  monotonic: () => 0,
  random: () => 0.5,
  sleep: (_ms, asked) =>
    new Promise((resolve) => {
      if (asked?.aborted) resolve()
      asked?.addEventListener('abort', () => resolve())
    }),
}

async function withVault(
  answer: (request: VaultRequest) => VaultReply,
  params: Record<string, string>,
  clock: Clock = still,
) {
  const vault = await startFakeVault(answer)
  const parsed = parseConfig(vaultConfigProvider.config, { 'vault.addr': vault.address, ...params })
  if (!parsed.ok) throw new Error(parsed.problems[0]?.message)
  const provider = vaultConfigProvider.open(parsed.value as never, { clock, logger: quietLogger, env: {} })
  return {
    vault,
    get: (path: string, ...keys: string[]) => provider.get(path, keys, signal),
    async [Symbol.asyncDispose]() {
      await provider[Symbol.asyncDispose]()
      await vault[Symbol.asyncDispose]()
    },
  }
}

const token = { 'vault.token': 'hvs.root' }
const kv2 = ok({ data: { data: { user: 'app', port: 5432, more: { a: 1 }, none: null }, metadata: { version: 3 } } })
const role = { 'vault.auth.method': 'approle', 'app.role.id': 'r', 'app.role.secret.id': 's' }

test('version 2 of the engine is asked below data, with token and namespace; what is no string is its JSON text', async () => {
  await using parts = await withVault(({ path }) => (path.endsWith('lookup-self') ? denied : kv2), {
    ...token,
    'vault.namespace': 'team/a',
  })
  const { values, ttlMs } = await parts.get('secret/orders/db', 'user', 'port', 'more', 'none', 'absent')
  expect(Object.fromEntries(values)).toEqual({ user: 'app', port: '5432', more: '{"a":1}' })
  expect(ttlMs).toBeUndefined()
  expect(parts.vault.requests.at(-1)).toEqual({
    ...{ method: 'GET', path: 'secret/data/orders/db', token: 'hvs.root', namespace: 'team/a', body: {} },
  })
  await parts.get('secret/data/orders/db', 'user')
  expect(parts.vault.count('GET secret/data/orders/db')).toBe(2)
})

test('version 1 is asked as the path stands; a secret without a lease is read again after secret.default.ttl', async () => {
  const answer = ok({ data: { password: 'hunter2' }, lease_id: '', lease_duration: 2_764_800 })
  await using parts = await withVault(() => answer, {
    ...{ ...token, 'vault.engine.version': '1', 'secret.default.ttl': '60000' },
  })
  expect(await parts.get('kv/orders', 'password')).toMatchObject({ ttlMs: 60_000 })
  expect(parts.vault.count('GET kv/orders')).toBe(1)
})

test('an AppRole logs in once, and again when its token is not taken any more', async () => {
  let logins = 0
  await using parts = await withVault(({ path, token: used, body }) => {
    if (path === 'auth/approle/login') {
      expect(body).toEqual({ role_id: 'r', secret_id: 's' })
      return ok({ auth: { client_token: `t${++logins}`, lease_duration: 3600, renewable: true } })
    }
    return used === 't1' && logins === 1 && parts.vault.count('GET secret/data/db') > 2 ? denied : kv2
  }, role)
  await Promise.all([parts.get('secret/db', 'user'), parts.get('secret/db', 'user')])
  expect(logins).toBe(1)
  expect((await parts.get('secret/db', 'user')).values.get('user')).toBe('app')
  expect(logins).toBe(2)
  expect(parts.vault.requests.at(-1)?.token).toBe('t2')
})

test('a token is renewed while Vault lengthens it; near its end an AppRole logs in anew', async () => {
  const renewals = [100, 100, 40]
  let logins = 0
  const again = Promise.withResolvers<void>()
  const clock = leapingClock()
  await using parts = await withVault(
    ({ path }) => {
      if (path === 'auth/approle/login') {
        logins++
        return ok({ auth: { client_token: `t${logins}`, lease_duration: logins === 1 ? 100 : 0, renewable: true } })
      }
      if (path === 'auth/token/renew-self') {
        const seconds = renewals.shift() ?? 0
        if (renewals.length === 0) again.resolve()
        return ok({ auth: { client_token: 't1', lease_duration: seconds, renewable: true } })
      }
      return kv2
    },
    role,
    clock,
  )
  await parts.get('secret/db', 'user')
  await again.promise
  expect(clock.passed.map(Math.round)).toEqual([66_667, 66_667, 66_667])
  await expect.poll(async () => (await parts.get('secret/db', 'user')) && logins).toBe(2)
  expect(parts.vault.count('POST auth/token/renew-self')).toBe(3)
})

test('a lease is renewed at two thirds of its life, until Vault lengthens it no more', async () => {
  const lengthened = [100, 100, 30]
  await using parts = await withVault(
    ({ path, body }) => {
      if (path === 'auth/token/lookup-self') return denied
      if (path !== 'sys/leases/renew') {
        return ok({ lease_id: 'l/1', lease_duration: 100, renewable: true, data: { username: 'v-1', password: 'x' } })
      }
      expect(body).toEqual({ lease_id: 'l/1' })
      return ok({ lease_id: 'l/1', lease_duration: lengthened.shift() ?? 0 })
    },
    { ...token, 'vault.engine.version': '1' },
  )
  const data = await parts.get('database/creds/app', 'username', 'password')
  expect(Object.fromEntries(data.values)).toEqual({ username: 'v-1', password: 'x' })
  expect(Math.round(data.ttlMs ?? 0)).toBe(66_667)
  expect(Math.round((await data.renew?.(signal)) ?? 0)).toBe(66_667)
  await data.renew?.(signal)
  expect(await data.renew?.(signal)).toBeUndefined()
})

test('a lease that Vault does not know any more is at its end; one that Vault cannot be asked about is not', async () => {
  let renewal: VaultReply = { status: 400, body: { errors: ['lease not found'] } }
  await using parts = await withVault(({ path }) => {
    if (path === 'sys/leases/renew') return renewal
    return ok({ lease_id: 'l', lease_duration: 60, renewable: true, data: { data: {} } })
  }, token)
  const { renew } = await parts.get('secret/db', 'a')
  expect(await renew?.(signal)).toBeUndefined()
  renewal = { status: 503, body: { errors: ['Vault is sealed'] } }
  await expect(renew?.(signal)).rejects.toThrow('Vault answered 503 to PUT sys/leases/renew: Vault is sealed')
})

test('what goes wrong is told with the path, and never with what was sent or stored', async () => {
  const secrets = ['hvs.root', 'hunter2']
  const cases: [VaultReply, string][] = [
    [denied, 'Vault answered 403 to GET secret/data/db: permission denied'],
    [{ status: 404, body: { errors: [] } }, 'Vault answered 404 to GET secret/data/db'],
    [{ status: 307 }, 'Vault answered 307 to GET secret/data/db'],
    ['silence', 'did not answer GET secret/data/db within 200 ms'],
  ]
  for (const [reply, message] of cases) {
    await using parts = await withVault(({ path }) => (path.endsWith('lookup-self') ? denied : reply), {
      ...token,
      'vault.timeout.ms': '200',
    })
    const error = await parts.get('secret/db', 'password').catch((reason: Error) => reason)
    expect((error as Error).message).toContain(message)
    for (const secret of secrets) expect(`${(error as Error).stack}`).not.toContain(secret)
    // Nobody else was handed the token.
    expect(parts.vault.count('GET other')).toBe(0)
  }
})

test.each(['../sys/seal', 'secret/../../sys', 'secret//db', './secret'])('the path %s is refused', async (path) => {
  await using parts = await withVault(() => kv2, { ...token, 'vault.engine.version': '1' })
  await expect(parts.get(path, 'a')).rejects.toThrow('is no path of Vault')
  expect(parts.vault.requests.filter(({ path: asked }) => !asked.endsWith('lookup-self'))).toEqual([])
})

test.each([
  [{ 'vault.addr': 'file:///etc/passwd', ...token }, 'vault.addr'],
  [{ 'vault.auth.method': 'approle', 'app.role.id': 'r' }, 'app.role.secret.id'],
  [{}, 'vault.token'],
  [{ 'vault.auth.method': 'ldap' }, 'vault.auth.method'],
])('%j is refused at the start, naming %s', async (params, key) => {
  await expect(withVault(() => kv2, params)).rejects.toThrow(key)
})
