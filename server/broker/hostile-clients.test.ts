import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { startBroker } from '#server/broker/server.ts'
import { systemClock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'
import { apiNames, apis, decodeResponse, encodeRequest } from '#server/protocol/codec.ts'
import { anyStruct } from '#server/protocol/test-tree/any-message.ts'
import { damaged, someDamage } from '#server/protocol/test-tree/damage.ts'

const perVersion = process.env.SLUICE_TEST_FULL === '1' ? 40 : 2
const names = fc.constantFrom('t', 'g', 'x', '', '__consumer_offsets', '__transaction_state', '../t', 'constructor')

test('requests of every version with any content, damaged or not, harm nobody but who sent them', async () => {
  const faults: unknown[] = []
  const logger: Logger = {
    log: () => {},
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (message, fields) => void faults.push([message, fields?.error]),
    child: () => logger,
  }
  const directory = mkdtempSync(join(tmpdir(), 'broker-'))
  const broker = await startBroker({ directory, port: 0, maxPartitions: 50, clock: systemClock, logger })

  /** Sends bytes over a connection of its own and does not wait for what comes of them. */
  async function send(bytes: Buffer) {
    const socket = connect(broker.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.resume()
    await once(socket, 'connect')
    socket.end(bytes)
    return socket
  }

  async function isAnswered() {
    const socket = connect(broker.port, '127.0.0.1')
    const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
    const header = { correlationId: 1, clientId: 'well' }
    for (const part of encodeRequest('ApiVersions', 3, header, software)) socket.write(part)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    return decodeResponse('ApiVersions', 3, answer.subarray(8)).errorCode === 0
  }

  for (const api of apiNames) {
    const { min, max } = apis[api]
    const sent = []
    for (let version = min; version <= max; version++) {
      const anyRequest = fc.tuple(anyStruct(apis[api].request, version, names), fc.option(someDamage))
      for (const [body, damage] of fc.sample(anyRequest, perVersion)) {
        const header = { correlationId: 7, clientId: 'ill' }
        const valid = Buffer.concat(encodeRequest(api, version, header, body as never))
        // The frame's size stays true half of the time: what is inside is looked at.
        sent.push(await send(damage ? damaged(valid, damage, version % 2 === 0 ? 4 : 0) : valid))
      }
    }
    expect(await isAnswered()).toBe(true)
    for (const socket of sent) socket.destroy()
  }
  await broker[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
  expect(faults).toEqual([])
}, 300_000)
