import { createDeadlineTimer } from '#server/broker/deadline-timer.ts'
import { expiredOffsets } from '#server/broker/groups/expired-offsets.ts'
import { createGroup, type Group, type SavedGroup } from '#server/broker/groups/group.ts'
import { metadataOf } from '#server/broker/groups/group-member-state.ts'
import { type OffsetStore, openOffsetStore } from '#server/broker/groups/offset-store.ts'
import type { Topics } from '#server/broker/topics/topics.ts'
import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** The groups of the broker and their offsets, with the one timer that all groups share. */
export interface GroupCoordinator {
  readonly offsets: OffsetStore
  find(id: string): Group | undefined
  findOrCreate(id: string): Group
  all(): Group[]
  /** Every id that has members or offsets. */
  ids(): string[]
  /** Removes an empty group with its offsets. Throws NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND. */
  remove(id: string): void
  /**
   * Takes away the offsets that are older than `offsets.retention.minutes`, or than their clients said, by Kafka's rules,
   * and empty groups that have none left.
   */
  expireOffsets(): void
  /** To be called after anything was asked of a group: a nearer deadline may have come up. */
  rearm(): void
  close(): void
}

export interface GroupCoordinatorOptions {
  topics: Topics
  clock: Clock
  logger: Logger
  initialRebalanceDelayMs: number
  offsetsRetentionMs: number
  newMemberId: (prefix: string) => string
}

export function createGroupCoordinator(options: GroupCoordinatorOptions): GroupCoordinator {
  const { clock, topics, logger } = options
  const offsets = openOffsetStore(topics, clock)
  const groups = new Map<string, Group>()
  const timer = createDeadlineTimer(clock, clock.monotonic, nearestDeadline, expireAll)

  function open(id: string, saved?: SavedGroup): Group {
    const group = createGroup({
      id,
      initialRebalanceDelayMs: options.initialRebalanceDelayMs,
      newMemberId: options.newMemberId,
      onSettled: (settled) => offsets.saveGroup(id, savedFrom(settled, clock.now())),
      ...(saved && { saved }),
      now: clock.monotonic(),
      timeOfDay: clock.now,
    })
    groups.set(id, group)
    return group
  }

  function nearestDeadline(): number | undefined {
    let nearest: number | undefined
    for (const group of groups.values()) {
      const deadline = group.nextDeadline()
      if (deadline !== undefined) nearest = Math.min(nearest ?? deadline, deadline)
    }
    return nearest
  }

  function expireAll() {
    for (const group of groups.values()) {
      try {
        group.expire(clock.monotonic())
      } catch (error) {
        logger.error(`group ${group.id} cannot be brought up to date`, { error })
      }
    }
  }

  for (const [id, saved] of offsets.groups()) open(id, saved)
  topics.onRemoved((topic) => {
    for (const id of offsets.groupsWithOffsets()) {
      const partitions = [...(offsets.offsetsOf(id).get(topic.name)?.keys() ?? [])]
      offsets.commit(
        id,
        partitions.map((partition) => ({ topic: topic.name, partition, committed: null })),
      )
    }
  })

  const coordinator: GroupCoordinator = {
    offsets,
    find: (id) => groups.get(id),
    findOrCreate: (id) => groups.get(id) ?? open(id),
    all: () => [...groups.values()],
    ids: () => [...new Set([...groups.keys(), ...offsets.groupsWithOffsets()])],
    remove(id) {
      const group = groups.get(id)
      if (group && group.members.size > 0) throw new KafkaError('NON_EMPTY_GROUP')
      const own = offsets.offsetsOf(id)
      if (!group && own.size === 0) throw new KafkaError('GROUP_ID_NOT_FOUND')
      const changes = [...own].flatMap(([topic, partitions]) =>
        [...partitions.keys()].map((partition) => ({ topic, partition, committed: null })),
      )
      offsets.commit(id, changes)
      if (offsets.groups().has(id)) offsets.saveGroup(id, null)
      groups.delete(id)
    },
    expireOffsets() {
      const now = clock.now()
      for (const id of coordinator.ids()) {
        const group = groups.get(id)
        const expired = expiredOffsets(offsets.offsetsOf(id), group, now, options.offsetsRetentionMs).filter(
          ({ topic, partition }) => !offsets.isPending(id, topic, partition),
        )
        if (expired.length > 0) {
          logger.info(`${expired.length} offsets of group ${id} are over their retention time`)
          offsets.commit(
            id,
            expired.map((place) => ({ ...place, committed: null })),
          )
        }
        // A group with a deadline is about to be joined.
        const unused = group?.state === 'Empty' && group.nextDeadline() === undefined && !offsets.hasPending(id)
        if (unused && offsets.offsetsOf(id).size === 0) coordinator.remove(id)
      }
    },
    rearm: timer.rearm,
    close: timer.close,
  }
  timer.rearm()
  return coordinator
}

function savedFrom({ protocolType, generation, protocol, leader, members }: Group, settledAt: number): SavedGroup {
  return {
    protocolType: protocolType ?? '',
    generation,
    protocol,
    leader,
    settledAt,
    members: [...members.values()].map((member) => ({
      id: member.id,
      instanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      sessionTimeoutMs: member.sessionTimeoutMs,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      assignment: member.assignment,
      metadata: metadataOf(member, protocol ?? ''),
    })),
  }
}
