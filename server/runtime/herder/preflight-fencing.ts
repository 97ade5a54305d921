import type { Clock } from '#server/contract/clock.ts'
import { ConnectError, type ErrorCode, messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { Peers, SignRequest } from '#server/contract/peers.ts'
import { backOffMs } from '#server/kafka/back-off.ts'
import type { Membership } from '#server/runtime/membership.ts'

/** What passes by itself: nobody leads for a moment, the leader is another one by now, or the session key is new. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'NOT_LEADER',
  'REBALANCE_EXPECTED',
  'CONFIG_CHANGED',
  'SESSION_KEY_UNKNOWN',
  'SIGNATURE_INVALID',
  'WORKER_UNREACHABLE',
  'WORKER_STOPPING',
])
const withinMs = 60_000

/**
 * Asks the leader, before a task starts, to fence what ran with earlier task configs. A rebalance meanwhile is waited for
 * (KAFKA-15059), for up to a minute of failures; then the task counts as failed.
 */
export function createPreflightFencing(options: {
  membership: Pick<Membership, 'settled'>
  asLeader(connector: string): Promise<void>
  peers: Pick<Peers, 'fenceZombies'>
  sign: SignRequest
  clock: Clock
  logger: Logger
}): (connector: string, signal: AbortSignal) => Promise<void> {
  const { membership, peers, clock, logger } = options

  async function fence(connector: string, signal: AbortSignal): Promise<void> {
    const view = await membership.settled(signal)
    if (view.isLeader) return options.asLeader(connector)
    return peers.fenceZombies(view.leaderUrl, connector, options.sign, signal)
  }

  return async (connector, signal) => {
    const deadline = clock.monotonic() + withinMs
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        return await fence(connector, signal)
      } catch (error) {
        if (signal.aborted) return
        const passes = error instanceof ConnectError && (passing.has(error.code) || error.status === 409)
        if (!passes || clock.monotonic() >= deadline) throw failed(error)
        logger.debug(`Zombies of ${connector} could not be fenced yet: ${messageOf(error)}`, { connector, error })
        await clock.sleep(backOffMs(failures, clock.random()), signal)
      }
    }
  }
}

const failed = (cause: unknown) =>
  new ConnectError('START_FAILED', `Failed to perform zombie fencing: ${messageOf(cause)}`, { cause })
