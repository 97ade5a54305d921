/** One login: what we say, and what we say to each challenge; undefined when there is nothing left to say. */
export interface SaslExchange {
  readonly mechanism: string
  first(): Promise<Buffer>
  /** Rejects with SASL_AUTHENTICATION_FAILED when the other side is not who it should be. */
  next(challenge: Buffer): Promise<Buffer | undefined>
}
