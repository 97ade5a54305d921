import { byTopic, type TopicPartition } from '#server/kafka/admin.ts'
import type { TopicPartitions } from '#server/protocol/consumer-bytes.ts'

/** What a member of the group says of itself. */
export interface StickyMember {
  memberId: string
  topics: readonly string[]
  /** What it holds just now, or held last. */
  owned: readonly TopicPartitions[]
  /** The generation in which it got that; an older claim yields to a newer one. */
  generation: number
}

/**
 * Kafka's `sticky` assignor: no member could be given a partition of one that has two more, and as few partitions move as
 * that takes. Members put everything down before, so each may take up what it is given at once.
 *
 * @param partitionCounts partitions of each topic that exists
 */
export function assignSticky(
  members: readonly StickyMember[],
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, TopicPartitions[]> {
  const wanted = balance(members, partitionCounts, ownersOf(members, partitionCounts, claimsOn(members)))
  return new Map(members.map(({ memberId }) => [memberId, grouped(wanted(memberId))]))
}

/**
 * Kafka's `cooperative-sticky` assignor (KIP-429): as the sticky one, but a partition that has to move is given to nobody
 * in this round: who holds it puts it down and joins again, and the next round gives it away.
 *
 * @param partitionCounts partitions of each topic that exists
 */
export function assignCooperatively(
  members: readonly StickyMember[],
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, TopicPartitions[]> {
  const claims = claimsOn(members)
  const owners = ownersOf(members, partitionCounts, claims)
  const wanted = balance(members, partitionCounts, owners)
  const nobodyElseHolds = (key: string, memberId: string) =>
    owners.get(key) === memberId || (claims.get(key) ?? []).every((claim) => claim.memberId === memberId)
  return new Map(
    members.map(({ memberId }) => {
      const given = wanted(memberId).filter((partition) => nobodyElseHolds(keyOf(partition), memberId))
      return [memberId, grouped(given)]
    }),
  )
}

type Claims = ReadonlyMap<string, readonly StickyMember[]>

const keyOf = ({ topic, partition }: TopicPartition) => `${topic}-${partition}`
const grouped = (places: readonly TopicPartition[]): TopicPartitions[] =>
  byTopic(places, ({ partition }) => partition).map(({ name, partitions }) => ({ topic: name, partitions }))
const flat = (owned: readonly TopicPartitions[]): TopicPartition[] =>
  owned.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })))

function claimsOn(members: readonly StickyMember[]): Claims {
  const claims = new Map<string, StickyMember[]>()
  for (const member of members) {
    for (const partition of flat(member.owned)) {
      const key = keyOf(partition)
      claims.set(key, [...(claims.get(key) ?? []), member])
    }
  }
  return claims
}

/** Who may keep what, by the newest claim; what two claim of one generation is nobody's. */
function ownersOf(
  members: readonly StickyMember[],
  partitionCounts: ReadonlyMap<string, number>,
  claims: Claims,
): Map<string, string> {
  const owners = new Map<string, string>()
  for (const { memberId, topics, owned, generation } of members) {
    for (const place of flat(owned)) {
      const exists = place.partition < (partitionCounts.get(place.topic) ?? 0)
      const others = (claims.get(keyOf(place)) ?? []).filter((claim) => claim.memberId !== memberId)
      const isNewest = others.every((claim) => claim.generation < generation)
      if (exists && isNewest && topics.includes(place.topic)) owners.set(keyOf(place), memberId)
    }
  }
  return owners
}

/** Starts from what is owned, gives out the rest, then moves from the fullest to the emptiest until that helps nobody. */
function balance(
  members: readonly StickyMember[],
  partitionCounts: ReadonlyMap<string, number>,
  owners: ReadonlyMap<string, string>,
): (memberId: string) => TopicPartition[] {
  const subscribers = subscribersOf(members)
  const held = new Map(members.map(({ memberId }) => [memberId, new Map<string, TopicPartition>()]))
  const load = (memberId: string) => held.get(memberId)?.size ?? 0
  const emptiest = (topic: string) =>
    subscribers.get(topic)?.reduce((best, memberId) => (load(memberId) < load(best) ? memberId : best))

  // What few may take is given out first.
  const topics = [...subscribers].sort(([a, of], [b, others]) => of.length - others.length || (a < b ? -1 : 1))
  const places = topics.flatMap(([topic]) =>
    Array.from({ length: partitionCounts.get(topic) ?? 0 }, (_, partition) => ({ topic, partition })),
  )
  for (const place of places) held.get(owners.get(keyOf(place)) ?? '')?.set(keyOf(place), place)
  for (const place of places) {
    if (!owners.has(keyOf(place))) held.get(emptiest(place.topic) ?? '')?.set(keyOf(place), place)
  }

  // Each move makes the sum of the squared loads smaller, so this ends.
  for (let move = next(); move; move = next()) {
    held.get(move.from)?.delete(keyOf(move.place))
    held.get(move.to)?.set(keyOf(move.place), move.place)
  }

  /** Between the members that differ most; what somebody holds moves only when nothing else helps. */
  function next(): Move | undefined {
    const takers = new Map(topics.map(([topic]) => [topic, emptiest(topic)]))
    let best: Move | undefined
    for (const [from, places] of held) {
      for (const [key, place] of places) {
        const to = takers.get(place.topic) ?? from
        const move = { from, to, place, gap: load(from) - load(to), free: owners.get(key) !== from }
        if (move.gap >= 2 && (!best || isBetter(move, best))) best = move
      }
    }
    return best
  }

  return (memberId) => [...(held.get(memberId)?.values() ?? [])].sort(inOrder)
}

interface Move {
  from: string
  to: string
  place: TopicPartition
  /** How many more `from` has than `to`. */
  gap: number
  /** Whether nobody has to put the partition down for it. */
  free: boolean
}

const isBetter = (a: Move, b: Move) => (a.free === b.free ? a.gap > b.gap : a.free)

const inOrder = (a: TopicPartition, b: TopicPartition) =>
  a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1

/** In the order of their ids, so that every leader decides alike. */
function subscribersOf(members: readonly StickyMember[]): Map<string, string[]> {
  const subscribers = new Map<string, string[]>()
  for (const { memberId, topics } of [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1))) {
    for (const topic of new Set(topics)) subscribers.set(topic, [...(subscribers.get(topic) ?? []), memberId])
  }
  return subscribers
}
