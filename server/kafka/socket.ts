import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { messageOf } from '#server/contract/errors.ts'
import type { TlsSettings } from '#server/kafka/security/tls-settings.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

export interface SocketOptions {
  host: string
  port: number
  connectTimeoutMs: number
  tls?: TlsSettings | undefined
  /** Gives the attempt up. */
  signal?: AbortSignal | undefined
  /** What arrives, in memory that is used again after the call. */
  onBytes(bytes: Buffer): void
}

/** As much as Node reads at once. */
const readBytes = 64 * 1024

/** Resolves with a socket that is ready for requests, its certificates checked; every address of the host is tried. */
export function openSocket({ host, port, connectTimeoutMs, tls, signal, onBytes }: SocketOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const where = `${host}:${port}`
    // One piece of memory for all that is read: a new one for each chunk costs as much as all the rest.
    const onread = {
      buffer: Buffer.allocUnsafeSlow(readBytes),
      callback(length: number, bytes: Uint8Array) {
        onBytes(Buffer.from(bytes.buffer, bytes.byteOffset, length))
        return true
      },
    }
    const address = { host, port, noDelay: true, keepAlive: true, onread }
    const socket = tls
      ? process
          .getBuiltinModule('node:tls')
          .connect({ ...address, ...tls, ...(isIP(host) ? {} : { servername: host }) })
      : connectPlain(address)
    const fail = (error: KafkaError) => {
      signal?.removeEventListener('abort', giveUp)
      socket.destroy()
      reject(error)
    }
    const giveUp = () => fail(new KafkaError('NETWORK_EXCEPTION', `${where}: closed by us`))
    if (signal?.aborted) return giveUp()
    signal?.addEventListener('abort', giveUp)
    const failed = (error: Error) => fail(socketError(where, error))
    const noConnection = `${where}: no connection within ${connectTimeoutMs} ms`
    socket.setTimeout(connectTimeoutMs, () => fail(new KafkaError('NETWORK_EXCEPTION', noConnection)))
    socket.once('error', failed)
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      signal?.removeEventListener('abort', giveUp)
      socket.setTimeout(0)
      socket.removeAllListeners('timeout')
      socket.off('error', failed)
      // Nothing comes as an event, but the end does only where somebody reads.
      socket.resume()
      resolve(socket)
    })
  })
}

/** Certificates and handshakes do not get better by trying again (Kafka: SslAuthenticationException). */
const notTrusted: ReadonlySet<string> = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'EPROTO',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** INVALID_CONFIG, which nobody tries again, for what TLS refuses; NETWORK_EXCEPTION for everything else. */
export function socketError(where: string, error: Error): KafkaError {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const refused = notTrusted.has(code) || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')
  if (!refused) return new KafkaError('NETWORK_EXCEPTION', `${where}: ${messageOf(error)}`, { cause: error })
  return new KafkaError('INVALID_CONFIG', `${where}: the TLS handshake failed: ${messageOf(error)}`, { cause: error })
}
