import { eventually } from '#e2e/start/eventually.ts'

export interface RestAnswer {
  status: number
  type: string | null
  location: string | null
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON came, and says what it should have been
  body: any
}

/** One request as a script sends it; bodies are JSON unless they are text already. */
export async function ask(
  base: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<RestAnswer> {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(base + path, {
    method,
    headers: { ...(text !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(text !== undefined && { body: text }),
  })
  const answer = await response.text()
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    location: response.headers.get('location'),
    body: answer === '' ? undefined : parsed(answer),
  }
}

/** Repeats a request while the group is rebalancing, which Kafka Connect asks every client to do. */
export async function askSettled(base: string, method: string, path: string, body?: unknown): Promise<RestAnswer> {
  return eventually(
    async () => {
      const answer = await ask(base, method, path, body)
      const unsettled = /rebalance|stale configuration/.test(String(answer.body?.message ?? ''))
      return unsettled ? undefined : answer
    },
    { withinMs: 30_000, what: `${method} ${path} is answered` },
  )
}

/** Waits until a connector and all its tasks are in a state; answers the status. */
export function inState(base: string, name: string, state: string, tasks = 1): Promise<RestAnswer['body']> {
  let last: unknown
  return eventually(
    async () => {
      const { body } = await ask(base, 'GET', `/connectors/${encodeURIComponent(name)}/status`)
      last = body
      const all = [body?.connector, ...(body?.tasks ?? [])]
      return body?.tasks?.length === tasks && all.every((one) => one.state === state) ? body : undefined
    },
    { withinMs: 30_000, what: `${name} is ${state}` },
  ).catch((error: unknown) => {
    throw new Error(`${name} is not ${state} but ${JSON.stringify(last)}`, { cause: error })
  })
}

/** Waits until the first task of a connector is in a state; answers the status. */
export const taskInState = (base: string, name: string, state: string): Promise<RestAnswer['body']> =>
  eventually(
    async () => {
      const { body } = await ask(base, 'GET', `/connectors/${encodeURIComponent(name)}/status`)
      return body?.tasks?.[0]?.state === state ? body : undefined
    },
    { withinMs: 30_000, what: `task 0 of ${name} is ${state}` },
  )

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
