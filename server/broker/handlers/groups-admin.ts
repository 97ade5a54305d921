import type { BrokerState } from '#server/broker/broker-state.ts'
import { attempt } from '#server/broker/error-answer.ts'
import { metadataOf, noBytes } from '#server/broker/groups/group-member-state.ts'
import type { Handlers } from '#server/broker/handlers/handler.ts'
import { kafkaErrors } from '#server/protocol/errors.gen.ts'

/** Kafka: CoordinatorType. There are no share groups here. */
const coordinated = { group: 0, transaction: 1 } as const

/** Finding the coordinator, listing, describing and deleting groups. */
export function groupsAdmin(broker: BrokerState) {
  const { groups, address, nodeId, logger } = broker

  function describe(groupId: string, version: number) {
    const group = groups.find(groupId)
    if (!group) {
      // Newer clients are told that there is none (KIP-1043), older ones see a dead group.
      const { code, message } = kafkaErrors.GROUP_ID_NOT_FOUND
      return version >= 6
        ? { groupId, groupState: 'Dead', errorCode: code, errorMessage: message }
        : { groupId, groupState: 'Dead', errorCode: 0 }
    }
    const settled = group.state === 'Stable'
    return {
      errorCode: 0,
      groupId,
      groupState: group.state,
      protocolType: group.protocolType ?? '',
      protocolData: settled ? (group.protocol ?? '') : '',
      members: [...group.members.values()].map((member) => ({
        memberId: member.id,
        groupInstanceId: member.instanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        memberMetadata: settled ? metadataOf(member, group.protocol ?? '') : noBytes,
        memberAssignment: settled ? member.assignment : noBytes,
      })),
    }
  }

  return {
    FindCoordinator({ keyType, coordinatorKeys }, { version }) {
      const find = () => {
        if (keyType === coordinated.group || keyType === coordinated.transaction)
          return { errorCode: 0, nodeId, ...address }
        const { code, message } = kafkaErrors.INVALID_REQUEST
        return { errorCode: code, errorMessage: message, nodeId: -1, host: '', port: -1 }
      }
      return version < 4 ? find() : { coordinators: coordinatorKeys.map((key) => ({ key, ...find() })) }
    },

    ListGroups({ statesFilter, typesFilter }) {
      const states = new Set(statesFilter.map((state) => state.toLowerCase()))
      const types = new Set(typesFilter.map((type) => type.toLowerCase()))
      const listed = groups.all().map((group) => ({
        groupId: group.id,
        protocolType: group.protocolType ?? '',
        groupState: group.state as string,
        groupType: 'classic',
      }))
      return {
        errorCode: 0,
        groups: listed.filter(
          ({ groupState, groupType }) =>
            (states.size === 0 || states.has(groupState.toLowerCase())) && (types.size === 0 || types.has(groupType)),
        ),
      }
    },

    DescribeGroups: (request, { version }) => ({ groups: request.groups.map((id) => describe(id, version)) }),

    /** Groups are classic here; this error sends a client back to DescribeGroups (KIP-1043). */
    ConsumerGroupDescribe: ({ groupIds }) => ({
      groups: groupIds.map((groupId) => ({
        groupId,
        errorCode: kafkaErrors.GROUP_ID_NOT_FOUND.code,
        errorMessage: `Group ${groupId} ${groups.find(groupId) ? 'is not a consumer group' : 'not found'}.`,
      })),
    }),

    DeleteGroups: ({ groupsNames }) => ({
      results: groupsNames.map((groupId) => {
        const { errorCode } = attempt(logger, () => groups.remove(groupId))
        return { groupId, errorCode }
      }),
    }),
  } satisfies Handlers
}
