import { createHmac, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { createMemoryHerder } from '#server/rest/test-tree/memory-herder.ts'
import { silentLogger } from '#server/rest/test-tree/silent-logger.ts'
import { createWebHandler } from '#server/rest/test-tree/web-handler.ts'

const key = randomBytes(32)
const former = randomBytes(32)
const tasks = '[{"file":"in.txt"}]'
const mac = (body: string, by: Uint8Array = key, hash = 'sha256') => createHmac(hash, by).update(body).digest('base64')
const signed = (signature: string, algorithm = 'HmacSHA256') => ({
  'X-Connect-Authorization': signature,
  'X-Connect-Request-Signature-Algorithm': algorithm,
})

async function send(path: string, method: string, body: string, headers: Record<string, string>) {
  const accepted: string[] = []
  const handle = createWebHandler({
    herder: createMemoryHerder(),
    internal: {
      acceptTaskConfigs: async (connector) => void accepted.push(connector),
      fenceZombies: async (connector) => void accepted.push(connector),
      sessionKey: () => ({ key, algorithm: 'HmacSHA256' }),
    },
    profile: 'compat',
    clock: systemClock,
    logger: silentLogger,
    version: '0',
  })
  const request = new Request(`http://127.0.0.1${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== '' && { body }),
  })
  const response = await handle(request)
  return { status: response.status, text: await response.text(), accepted }
}
const submit = (headers: Record<string, string>, body = tasks, name = 'c') =>
  send(`/connectors/${name}/tasks`, 'POST', body, headers)

test('a request that the session key signed is carried out', async () => {
  expect(await submit(signed(mac(tasks)))).toMatchObject({ status: 204, accepted: ['c'] })
  expect(await send('/connectors/c/fence', 'PUT', '', signed(mac('')))).toMatchObject({ status: 204, accepted: ['c'] })
})

test.each<[string, Record<string, string>, number]>([
  ['without a signature', {}, 400],
  ['with a signature alone', { 'X-Connect-Authorization': mac(tasks) }, 400],
  ['with an algorithm alone', { 'X-Connect-Request-Signature-Algorithm': 'HmacSHA256' }, 400],
  ['by an algorithm that does not exist', signed(mac(tasks), 'HmacSHA257'), 400],
  ['by an algorithm that is not permitted', signed(mac(tasks, key, 'sha1'), 'HmacSHA1'), 400],
  ['that is no base64', signed('!!'), 400],
  ['by the key before the last rotation', signed(mac(tasks, former)), 403],
  ['that was made for another body', signed(mac('[]')), 403],
  ['that was made for a fence, whose body is empty', signed(mac('')), 403],
  ['that was cut', signed(mac(tasks).slice(0, -4)), 403],
  ['that goes on', signed(`${mac(tasks)}AAAA`), 400],
  ['that is empty', signed(''), 403],
])('a request %s changes nothing, and tells no one which connectors there are', async (_, headers, status) => {
  const known = await submit(headers)
  expect(known).toMatchObject({ status, accepted: [] })
  expect(await submit(headers, tasks, 'none')).toEqual(known)
})

test('no bit of a body or of its signature can be changed', async () => {
  const bytes = Buffer.from(mac(tasks), 'base64')
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async (bit) => {
      const forged = Buffer.from(bytes)
      forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect((await submit(signed(forged.toString('base64')))).status).toBe(403)
    }),
  )
  for (const changed of [tasks.replace('in', 'out'), `${tasks} `, tasks.toUpperCase()]) {
    expect((await submit(signed(mac(tasks)), changed)).accepted).toEqual([])
  }
})
