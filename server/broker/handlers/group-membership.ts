import type { BrokerState } from '#server/broker/broker-state.ts'
import { codeOf } from '#server/broker/error-answer.ts'
import type { JoinAnswer, SyncAnswer } from '#server/broker/groups/group-member-state.ts'
import type { Handlers } from '#server/broker/handlers/handler.ts'

/** Join, sync, heartbeat and leave of classic groups. */
export function groupMembership({ groups, limits, clock }: BrokerState) {
  return {
    async JoinGroup(request, { version, clientId, clientHost }) {
      const refuse = (error: 'INVALID_GROUP_ID' | 'INVALID_SESSION_TIMEOUT') => ({
        errorCode: codeOf(error),
        memberId: request.memberId,
        generationId: -1,
        protocolName: version < 7 ? '' : null,
      })
      if (request.groupId === '') return refuse('INVALID_GROUP_ID')
      const { sessionTimeoutMs } = request
      if (sessionTimeoutMs < limits.minSessionTimeoutMs || sessionTimeoutMs > limits.maxSessionTimeoutMs) {
        return refuse('INVALID_SESSION_TIMEOUT')
      }
      const answer = await new Promise<JoinAnswer>((resolve) => {
        const join = {
          memberId: request.memberId,
          instanceId: request.groupInstanceId,
          clientId: clientId ?? '',
          clientHost: `/${clientHost}`,
          sessionTimeoutMs,
          rebalanceTimeoutMs: request.rebalanceTimeoutMs > 0 ? request.rebalanceTimeoutMs : sessionTimeoutMs,
          protocolType: request.protocolType,
          // Kept while the member lives: not as a view into the whole request.
          protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
          requireKnownId: version >= 4,
          canSkipAssignment: version >= 9,
        }
        groups.findOrCreate(request.groupId).join(join, clock.monotonic(), resolve)
        groups.rearm()
      })
      return {
        errorCode: codeOf(answer.error),
        generationId: answer.generation,
        protocolType: answer.protocolType,
        protocolName: answer.protocol ?? (version < 7 ? '' : null),
        leader: answer.leader,
        skipAssignment: answer.skipAssignment,
        memberId: answer.memberId,
        members: answer.members,
      }
    },

    async SyncGroup(request) {
      const group = groups.find(request.groupId)
      if (!group) return { errorCode: codeOf('UNKNOWN_MEMBER_ID') }
      const answer = await new Promise<SyncAnswer>((resolve) => {
        const sync = {
          memberId: request.memberId,
          instanceId: request.groupInstanceId,
          generation: request.generationId,
          protocolType: request.protocolType,
          protocol: request.protocolName,
          assignments: request.assignments.map(({ memberId, assignment }) => ({
            memberId,
            assignment: Buffer.from(assignment),
          })),
        }
        group.sync(sync, clock.monotonic(), resolve)
        groups.rearm()
      })
      return {
        errorCode: codeOf(answer.error),
        protocolType: answer.protocolType,
        protocolName: answer.protocol,
        assignment: answer.assignment,
      }
    },

    Heartbeat({ groupId, memberId, groupInstanceId, generationId }) {
      const member = { memberId, instanceId: groupInstanceId, generation: generationId }
      const error = groups.find(groupId)?.heartbeat(member, clock.monotonic()) ?? 'UNKNOWN_MEMBER_ID'
      return { errorCode: codeOf(error) }
    },

    LeaveGroup(request, { version }) {
      const group = groups.find(request.groupId)
      const leave = (memberId: string, instanceId: string | null) =>
        codeOf(group?.leave({ memberId, instanceId }, clock.monotonic()) ?? 'UNKNOWN_MEMBER_ID')
      if (version < 3) {
        const errorCode = leave(request.memberId, null)
        groups.rearm()
        return { errorCode }
      }
      const members = request.members.map(({ memberId, groupInstanceId }) => ({
        memberId,
        groupInstanceId,
        errorCode: leave(memberId, groupInstanceId),
      }))
      groups.rearm()
      return { errorCode: 0, members }
    },
  } satisfies Handlers
}
