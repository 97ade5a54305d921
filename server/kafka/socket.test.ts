import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { expect, test } from 'vitest'
import { tlsSettings } from '#server/kafka/security/tls-settings.ts'
import { openSocket } from '#server/kafka/socket.ts'
import { makeCertificates } from '#server/kafka/testdata/certificates.ts'

/** Far more than is read at once, and different everywhere. */
const bytes = Buffer.alloc(3_000_000, 0)
for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(Math.imul(at + 1, 0x9e3779b1) >>> 0, at)

test.each(['plain', 'TLS'])(
  '%s: what a broker sends arrives whole and in order, and its end closes the socket',
  async (how) => {
    using made = makeCertificates()
    const serve = (socket: Socket) => void socket.end(bytes)
    const server =
      how === 'TLS'
        ? createTlsServer({ key: made.pem('key.pem'), cert: made.pem('cert.pem') }, serve)
        : createServer(serve)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const trusted = { 'ssl.truststore.type': 'PEM', 'ssl.truststore.certificates': made.pem('ca.pem') }
    const arrived: Buffer[] = []
    const socket = await openSocket({
      host: '127.0.0.1',
      port: (server.address() as AddressInfo).port,
      connectTimeoutMs: 10_000,
      tls: how === 'TLS' ? tlsSettings(trusted) : undefined,
      onBytes: (chunk) => void arrived.push(Buffer.from(chunk)),
    })
    await once(socket, 'close')
    expect(Buffer.concat(arrived).equals(bytes)).toBe(true)
    server.close()
  },
)
