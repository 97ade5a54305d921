import type { KafkaErrorName } from '#server/protocol/kafka-errors.ts'

export interface GroupProtocol {
  name: string
  metadata: Buffer
}

export interface JoinAnswer {
  error: KafkaErrorName
  memberId: string
  generation: number
  protocolType: string | null
  protocol: string | null
  leader: string
  skipAssignment: boolean
  /** Filled for the leader only. */
  members: { memberId: string; groupInstanceId: string | null; metadata: Buffer }[]
}

export interface SyncAnswer {
  error: KafkaErrorName
  protocolType: string | null
  protocol: string | null
  assignment: Buffer
}

export interface Member {
  id: string
  instanceId: string | null
  clientId: string
  clientHost: string
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  protocols: readonly GroupProtocol[]
  assignment: Buffer
  /** It is removed when it has not been heard of until then. */
  deadline: number
  /** Set while its JoinGroup waits for the others. */
  joining: ((answer: JoinAnswer) => void) | undefined
  /** Set while its SyncGroup waits for the leader's. */
  syncing: ((answer: SyncAnswer) => void) | undefined
}

export const noBytes = Buffer.alloc(0)

export const metadataOf = (member: Member, protocol: string): Buffer =>
  member.protocols.find(({ name }) => name === protocol)?.metadata ?? noBytes

export const sameProtocols = (a: readonly GroupProtocol[], b: readonly GroupProtocol[]): boolean =>
  a.length === b.length && a.every(({ name, metadata }, at) => name === b[at]?.name && metadata.equals(b[at].metadata))

/** The names that every member knows. */
export function commonProtocols(members: Iterable<Member>): Set<string> {
  let common: Set<string> | undefined
  for (const { protocols } of members) {
    const names = new Set(protocols.map(({ name }) => name))
    common = common ? common.intersection(names) : names
  }
  return common ?? new Set()
}

/** Each member votes for the first of its protocols that all know; the most votes win, the earlier name on a draw. */
export function electProtocol(members: readonly Member[]): string {
  const common = commonProtocols(members)
  const votes = new Map<string, number>()
  for (const { protocols } of members) {
    const choice = protocols.find(({ name }) => common.has(name))
    if (choice) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1)
  }
  let best = ''
  for (const [name, count] of votes) if (best === '' || count > (votes.get(best) ?? 0)) best = name
  return best
}
