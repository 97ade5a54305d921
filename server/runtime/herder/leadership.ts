import { ConnectError } from '#server/contract/errors.ts'
import type { ConfigStore } from '#server/runtime/config-store.ts'
import type { Membership } from '#server/runtime/membership.ts'
import type { Stages } from '#server/runtime/stages.ts'

/** Where a request belongs that this worker may not answer; nowhere while a rebalance is under way. */
export function elsewhere(url: string | undefined, forwardOver?: AbortSignal): ConnectError {
  return url
    ? new ConnectError(
        'NOT_LEADER',
        'Cannot complete request because of a conflicting operation (e.g. worker rebalance)',
        { forwardUrl: url, forwardOver },
      )
    : new ConnectError(
        'NOT_LEADER',
        'Cannot complete request momentarily due to no known leader URL, likely because a rebalance was underway.',
      )
}

/** Carries out what only the leader may do, one after the other; throws NOT_LEADER on every other worker. */
export type AsLeader = <Result>(work: () => Promise<Result>) => Promise<Result>

/**
 * I11: two writes never overlap, and each one begins with everything that was written before it, be it by this worker or by
 * the leader before it.
 */
export function createAsLeader(
  membership: Pick<Membership, 'settled'>,
  configs: Pick<ConfigStore, 'claim' | 'readToEnd'>,
  stages: Pick<Stages, 'run'>,
): AsLeader {
  let last: Promise<unknown> = Promise.resolve()

  const ensureLeader = async () => {
    const view = await membership.settled()
    if (!view.isLeader) throw elsewhere(view.leaderUrl, view.leaderGone)
  }

  return async (work) => {
    await ensureLeader()
    const turn = last.then(async () => {
      await stages.run('reading to the end of the config topic', async () => {
        await configs.claim()
        await configs.readToEnd()
      })
      await ensureLeader()
      return work()
    })
    last = turn.catch(() => undefined) // told to whoever asked; the next one goes on
    return turn
  }
}
