import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import type { ConnectError } from '#server/contract/errors.ts'
import { createBodyReader } from '#server/rest/read-body.ts'
import { createMemoryHerder } from '#server/rest/test-tree/memory-herder.ts'
import { silentLogger } from '#server/rest/test-tree/silent-logger.ts'
import { createWebHandler } from '#server/rest/test-tree/web-handler.ts'

const MEBIBYTE = 1024 * 1024

/** What a worker says to a connector that is to be created. */
async function create(profile: 'safe' | 'compat', body: string): Promise<{ status: number; message: string }> {
  const herder = createMemoryHerder()
  const handle = createWebHandler({ herder, profile, clock: systemClock, logger: silentLogger, version: '0' })
  const headers = { 'content-type': 'application/json' }
  const response = await handle(new Request('http://127.0.0.1/connectors', { method: 'POST', headers, body }))
  const { message = '' } = (await response.json()) as { message?: string }
  return { status: response.status, message }
}

const connector = (config: Record<string, unknown>, name = 'c') =>
  JSON.stringify({ name, config: { 'connector.class': 'X', topic: 't', ...config } })
/** The body holds four keys beside these: `name`, `config`, and two in the config. */
const withKeys = (keys: number) =>
  connector(Object.fromEntries(Array.from({ length: keys - 4 }, (_, i) => [`k${i}`, '1'])))
const padded = (bytes: number) => {
  const bare = connector({})
  return `${bare.slice(0, -1)}${' '.repeat(bytes - bare.length)}}`
}
/** The lists stand two objects deep. */
const nested = (depth: number) =>
  `{"name":"c","config":{"connector.class":"X","topic":"t","x":${'['.repeat(depth - 2)}${']'.repeat(depth - 2)}}}`

test.each([
  ['a name', connector({}, 'n'.repeat(255)), connector({}, 'n'.repeat(256)), 400, /at most 255 characters/],
  ['keys', withKeys(2000), withKeys(2001), 400, /more than 2000 keys/],
  [
    'a value',
    connector({ v: 'x'.repeat(65_536) }),
    connector({ v: 'x'.repeat(65_537) }),
    400,
    /'v' is longer than 65536/,
  ],
  ['a body', padded(MEBIBYTE), padded(MEBIBYTE + 1), 413, /larger than 1048576 bytes/],
])('the safe profile takes %s up to its limit, and says what is beyond it', async (_, fits, beyond, status, says) => {
  expect(await create('safe', fits)).toMatchObject({ status: 201 })
  const refused = await create('safe', beyond)
  expect(refused.status).toBe(status)
  expect(refused.message).toMatch(says)
  expect((await create('compat', beyond)).status).toBe(201)
})

test('a hundred large bodies at once hold no more than four, and the next one is read again', async () => {
  const read = createBodyReader({ limit: 1000, together: 4000 })
  const arriving = Array.from({ length: 100 }, () => new TransformStream<Uint8Array<ArrayBuffer>>())
  const reading = arriving.map(({ readable }) =>
    read(new Request('http://127.0.0.1/', { method: 'POST', body: readable, duplex: 'half' } as RequestInit)).then(
      ({ byteLength }) => byteLength,
      (error: ConnectError) => error.status,
    ),
  )
  const writers = arriving.map(({ writable }) => writable.getWriter())
  const written = writers.map((writer) => writer.write(new Uint8Array(900)).catch(() => undefined))
  await Promise.all(written)
  for (const writer of writers) await writer.close().catch(() => undefined)
  const outcomes = await Promise.all(reading)
  expect(outcomes.filter((outcome) => outcome === 900)).toHaveLength(4)
  expect(outcomes.filter((outcome) => outcome === 503)).toHaveLength(96)
  const body = new Uint8Array(1000)
  expect((await read(new Request('http://127.0.0.1/', { method: 'POST', body }))).byteLength).toBe(1000)
})

test.each(['safe', 'compat'] as const)('a body nests at most 32 deep in %s', async (profile) => {
  expect((await create(profile, nested(32))).message).not.toMatch(/nested/)
  expect(await create(profile, nested(33))).toEqual({
    status: 400,
    message: 'The body is nested deeper than 32 levels.',
  })
})
