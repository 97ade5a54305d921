/** Bytes that are not what Kafka's protocol says they are. Whoever reads from a peer closes the connection. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError'
}
