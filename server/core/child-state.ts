/**
 * The life of a child process under a supervisor, whole. An event that makes no sense in a state leaves it unchanged.
 *
 * I10: a child that dies comes back by itself with a growing delay; only a person's `stop` keeps it down. Its deaths count
 * towards the delay until it has stayed up for `healthyAfterMs`.
 */
export type ChildState =
  | { state: 'starting' }
  | { state: 'running'; pid: number; since: number }
  | { state: 'stopping' }
  | { state: 'stopped' }
  | { state: 'restarting'; retryAt: number; exit: string }

export interface Child {
  readonly now: ChildState
  /** Deaths since the supervisor started, for people. */
  readonly deaths: number
  /** Deaths since it was last healthy, for the delay. */
  readonly recentDeaths: number
}

export type ChildEvent =
  | { type: 'start-asked' }
  | { type: 'ready'; pid: number; at: number }
  | { type: 'stop-asked' }
  | { type: 'exited'; at: number; exit: string }
  | { type: 'retry-due' }

export const healthyAfterMs = 30_000
const firstDelayMs = 250
const longestDelayMs = 10_000

export const newChild: Child = { now: { state: 'stopped' }, deaths: 0, recentDeaths: 0 }

export function nextChild(child: Child, event: ChildEvent): Child {
  const { now } = child
  switch (event.type) {
    case 'start-asked':
      return now.state === 'stopped' || now.state === 'restarting' ? { ...child, now: { state: 'starting' } } : child
    case 'retry-due':
      return now.state === 'restarting' ? { ...child, now: { state: 'starting' } } : child
    case 'ready':
      return now.state === 'starting' ? { ...child, now: { state: 'running', pid: event.pid, since: event.at } } : child
    case 'stop-asked':
      if (now.state === 'restarting') return { ...child, now: { state: 'stopped' } }
      return now.state === 'stopped' ? child : { ...child, now: { state: 'stopping' } }
    case 'exited':
      if (now.state === 'stopped' || now.state === 'restarting') return child
      if (now.state === 'stopping') return { ...child, now: { state: 'stopped' }, recentDeaths: 0 }
      return died(child, event)
  }
}

function died(child: Child, event: { at: number; exit: string }): Child {
  const wasHealthy = child.now.state === 'running' && event.at - child.now.since >= healthyAfterMs
  const recentDeaths = wasHealthy ? 1 : child.recentDeaths + 1
  const delayMs = Math.min(firstDelayMs * 2 ** (recentDeaths - 1), longestDelayMs)
  return {
    now: { state: 'restarting', retryAt: event.at + delayMs, exit: event.exit },
    deaths: child.deaths + 1,
    recentDeaths,
  }
}
