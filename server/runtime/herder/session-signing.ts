import { createHmac } from 'node:crypto'
import { ConnectError } from '#server/contract/errors.ts'
import type { InternalHerder } from '#server/contract/herder.ts'
import type { SignRequest } from '#server/contract/peers.ts'
import type { ConfigState } from '#server/core/config-fold.ts'
import type { Membership } from '#server/runtime/membership.ts'
import { hashOf } from '#server/runtime/signing-algorithms.ts'
import type { WorkerConfig } from '#server/runtime/worker-config.ts'

/** How workers prove to each other that they belong to the group (KIP-507). */
export interface SessionSigning {
  sessionKey: InternalHerder['sessionKey']
  /** Throws while the session key is not known yet: the leader would refuse the request. */
  sign: SignRequest
}

export function createSessionSigning(options: {
  configs: { readonly state: ConfigState }
  membership: Pick<Membership, 'view'>
  config: Pick<WorkerConfig, 'group' | 'signing'>
}): SessionSigning {
  const { configs, membership, config } = options

  /** What the group agreed on counts; before it did, what this worker would offer. */
  function signs(): boolean {
    const view = membership.view()
    return (view.state === 'member' ? view.protocol : config.group.protocol) === 'sessioned'
  }

  function sessionKey(): ReturnType<InternalHerder['sessionKey']> {
    if (!signs()) return null
    const stored = configs.state.sessionKey
    return stored ? { key: Buffer.from(stored.key, 'base64'), algorithm: stored.algorithm } : undefined
  }

  return {
    sessionKey,
    sign(body) {
      const current = sessionKey()
      if (current === null) return undefined
      if (!current) throw new ConnectError('SESSION_KEY_UNKNOWN', 'The session key of the group is not known yet')
      const { algorithm } = config.signing
      return { algorithm, signature: createHmac(hashOf(algorithm), current.key).update(body).digest('base64') }
    },
  }
}
