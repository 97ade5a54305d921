import type { Work } from '#server/core/work.ts'

/**
 * Kafka's eager assignor (`EagerAssignor`): everybody put everything down before joining, and everything is dealt round
 * robin over the members by id, connectors first, then tasks where the connectors left off.
 */
export function assignEagerly(
  members: readonly string[],
  configured: ReadonlyMap<string, number>,
): ReadonlyMap<string, Work> {
  const sorted = [...members].sort()
  const dealt = new Map(
    sorted.map((member) => [member, { connectors: [] as string[], tasks: [] as Work['tasks'][number][] }]),
  )
  let turn = 0
  const next = () => dealt.get(sorted[turn++ % sorted.length] ?? '')
  const connectors = [...configured.keys()].sort()
  for (const connector of connectors) next()?.connectors.push(connector)
  for (const connector of connectors) {
    for (let task = 0; task < (configured.get(connector) ?? 0); task++) next()?.tasks.push({ connector, task })
  }
  return dealt
}
