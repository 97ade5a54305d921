import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { choosePort } from '#server/bin/ports.ts'

async function occupied() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}
const wish = {
  part: 'console',
  host: '127.0.0.1',
  setting: 'PORT',
  explicit: undefined,
  fallback: 3000,
  taken: new Set<number>(),
}

test('an explicit port that is taken is an error that names the setting', async () => {
  await using other = await occupied()
  await expect(choosePort({ ...wish, explicit: other.port })).rejects.toThrow(
    `Port ${other.port} for the console is taken; it was set by PORT.`,
  )
})

test('a default port that is taken moves up and says so', async () => {
  await using other = await occupied()
  const chosen = await choosePort({ ...wish, fallback: other.port })
  expect(chosen.moved).toBe(true)
  expect(chosen.port).toBeGreaterThan(other.port)
})

test('two parts of one start never get the same port', async () => {
  const taken = new Set<number>()
  const first = await choosePort({ ...wish, fallback: 45_300, taken })
  const second = await choosePort({ ...wish, fallback: 45_300, taken })
  expect(second.port).not.toBe(first.port)
})
