import type { ApiName, RequestOf, ResponseOf, Writable } from '#server/protocol/codec.ts'

/** What a handler may know about the request besides its body. */
export interface RequestContext {
  version: number
  clientId: string | null
  clientHost: string
  /** Aborts when the connection ends: nobody waits for the answer any more. */
  signal: AbortSignal
}

/** Answers one API; undefined sends nothing (Produce with acks=0). */
export type Handler<A extends ApiName> = (
  request: RequestOf<A>,
  context: RequestContext,
) => Writable<ResponseOf<A>> | undefined | Promise<Writable<ResponseOf<A>> | undefined>

export type Handlers = { readonly [A in ApiName]?: Handler<A> }
