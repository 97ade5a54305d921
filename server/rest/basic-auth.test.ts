import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { createBasicAuth } from '#server/rest/basic-auth.ts'
import { createMemoryHerder } from '#server/rest/test-tree/memory-herder.ts'
import { silentLogger } from '#server/rest/test-tree/silent-logger.ts'
import { createWebHandler } from '#server/rest/test-tree/web-handler.ts'

const handle = createWebHandler({
  herder: createMemoryHerder(),
  internal: { acceptTaskConfigs: async () => {}, fenceZombies: async () => {}, sessionKey: () => null },
  guard: createBasicAuth(new Map([['alice', 'pass:wörd']])),
  profile: 'compat',
  clock: systemClock,
  logger: silentLogger,
  version: '0',
})
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
const ask = (path: string, init: RequestInit = {}) => handle(new Request(`http://127.0.0.1${path}`, init))
const as = (authorization: string, path = '/connectors') => ask(path, { headers: { authorization } })

test('who knows the password comes in', async () => {
  expect((await as(basic('alice:pass:wörd'))).status).toBe(200)
  expect((await as(basic('alice:pass:wörd').replace('Basic', 'basic'))).status).toBe(200)
})

test.each([
  ['with another password', basic('alice:pass')],
  ['with an empty password', basic('alice:')],
  ['whom nobody knows', basic('mallory:pass:wörd')],
  ['who is called like a property of objects', basic('constructor:')],
  ['without a password', basic('alice')],
  ['with a token', 'Bearer abc'],
  ['with nothing', 'Basic'],
  ['with no base64', 'Basic !!'],
])('somebody %s is told what Kafka Connect tells', async (_, authorization) => {
  for (const path of ['/', '/health', '/connectors', '/admin/loggers', '/sluice/v1/cluster', '/connectors/c/tasks']) {
    const answer = await as(authorization, path)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([401, 'application/json'])
    expect(await answer.text()).toBe('User cannot access the resource.')
  }
})

test('requests between workers pass, and only those', async () => {
  const json = { 'content-type': 'application/json' }
  expect((await ask('/connectors/c/tasks', { method: 'POST', body: '[]', headers: json })).status).toBe(204)
  expect((await ask('/connectors/c/fence', { method: 'PUT' })).status).toBe(204)
  expect((await ask('/connectors/c/fence/', { method: 'PUT' })).status).toBe(204)
  expect((await ask('/connectors/c/stop', { method: 'PUT' })).status).toBe(401)
  expect((await ask('/connectors', { method: 'POST', body: '{}', headers: json })).status).toBe(401)
})

test('what has no route is not found, whoever asks, as in Kafka Connect', async () => {
  expect((await ask('/nope')).status).toBe(404)
  const options = await ask('/connectors', { method: 'OPTIONS' })
  expect([options.status, options.headers.get('content-type')]).toEqual([401, 'text/plain'])
})
