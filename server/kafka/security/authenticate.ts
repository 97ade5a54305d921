import type { SaslExchange } from '#server/kafka/security/sasl-exchange.ts'
import type { ApiName, RequestOf, ResponseOf, Writable } from '#server/protocol/codec.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** Sends one request on the connection that is to be authenticated. */
export type SendRequest = <A extends ApiName>(api: A, body: Writable<RequestOf<A>>) => Promise<ResponseOf<A>>

const mostSteps = 10

/**
 * Logs in on a connection: handshake, then step by step. Resolves with how long the login is good for, in milliseconds;
 * 0 for as long as the connection lives (KIP-368). Rejects with SASL_AUTHENTICATION_FAILED, in the broker's words and
 * without ours, or with UNSUPPORTED_SASL_MECHANISM.
 */
export async function authenticate(send: SendRequest, exchange: SaslExchange): Promise<number> {
  const { mechanism } = exchange
  const handshake = await send('SaslHandshake', { mechanism })
  if (handshake.errorCode !== 0) {
    const offered = handshake.mechanisms.join(', ')
    const why = offered === '' ? 'this listener of the broker takes no logins' : `the broker offers ${offered}`
    throw KafkaError.of(handshake.errorCode, `${mechanism}; ${why}`)
  }
  let message: Buffer | undefined = await exchange.first()
  for (let step = 0; message && step < mostSteps; step++) {
    const answer = await send('SaslAuthenticate', { authBytes: message })
    if (answer.errorCode !== 0) throw KafkaError.of(answer.errorCode, answer.errorMessage)
    message = await exchange.next(answer.authBytes)
    if (!message) return answer.sessionLifetimeMs
  }
  throw new KafkaError('SASL_AUTHENTICATION_FAILED', `${mechanism}: no end after ${mostSteps} steps`)
}
