import { once } from 'node:events'
import { connect } from 'node:net'
import { createFrames } from '#server/broker/frames.ts'
import {
  type ApiName,
  decodeResponse,
  encodeRequest,
  type RequestOf,
  type ResponseOf,
  type Writable,
} from '#server/protocol/codec.ts'

/** One connection that sends what it is told, in the version that it is told, and knows nothing of retries. */
export interface WireClient extends Disposable {
  /** Rejects when the connection ends before the answer has come. */
  call<A extends ApiName>(api: A, version: number, body: Writable<RequestOf<A>>): Promise<ResponseOf<A>>
}

const largestAnswer = 1 << 28

export async function connectTo(address: string): Promise<WireClient> {
  const [host, port] = address.split(':')
  const socket = connect(Number(port), host)
  const waiting: { answer: (frame: Buffer) => void; fail: (error: Error) => void }[] = []
  const frames = createFrames(
    largestAnswer,
    (frame) => waiting.shift()?.answer(frame),
    () => socket.destroy(),
  )
  socket.on('data', (chunk) => frames.push(chunk))
  socket.on('error', () => {}) // what matters is that it closes
  socket.on('close', () => {
    for (const { fail } of waiting.splice(0)) fail(new Error('the connection is closed'))
  })
  await once(socket, 'connect')
  return {
    call: (api, version, body) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(new Error('the connection is closed'))
        waiting.push({ answer: (frame) => resolve(decodeResponse(api, version, frame.subarray(4))), fail: reject })
        for (const part of encodeRequest(api, version, { correlationId: 0, clientId: 'wire' }, body)) socket.write(part)
      }),
    [Symbol.dispose]: () => void socket.destroy(),
  }
}
