import type { Clock } from '#server/contract/clock.ts'
import type { Herder, InternalHerder } from '#server/contract/herder.ts'
import type { RequestBody } from '#server/rest/request-bodies.ts'

/** What a route may look at. */
export interface RouteCall {
  herder: Herder
  internal: InternalHerder | undefined
  /** The decoded path parameters, in order. */
  params: readonly string[]
  query: URLSearchParams
  body: RequestBody
  /** Sluice's own version. */
  version: string
  clock: Clock
  /** `Last-Event-ID`, by which a follower says where it stopped. */
  lastEventId: string | null
  metrics: (() => string) | undefined
}

/** What a route answers; `location` is the name of a connector that was created. */
export interface Answer {
  status: number
  body?: unknown
  /** Instead of a body in JSON. */
  text?: { type: string; text: string }
  created?: string
  /** Instead of a body: server-sent events. */
  stream?: (signal: AbortSignal) => AsyncIterable<string>
}

export interface Route {
  method: string
  /** `{c}` is any text, `{n}` a task number. */
  path: string
  /** `admin`: served where `admin.listeners` says. `internal`: only for workers of the group, signed. */
  kind?: 'admin' | 'internal'
  /** Answers with server-sent events. */
  streams?: true
  /** Throws when the body cannot be read, before anything else about the request is looked at. */
  check?(body: RequestBody): void
  /** What is answered when the worker that the request was sent on to has no such route: a JVM worker has none of ours. */
  withoutLeader?(call: RouteCall): Promise<Answer>
  run(call: RouteCall, ...params: string[]): Promise<Answer>
}

export const ok = (body: unknown): Answer => ({ status: 200, body })
export const noContent: Answer = { status: 204 }

/** The answer to a request that brings no news, once its work is done. */
export async function done(answer: Answer, work: Promise<unknown>): Promise<Answer> {
  await work
  return answer
}
