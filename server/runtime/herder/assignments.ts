import type { Assignments, AssignmentsQuery, PastRebalance } from '#server/contract/assignments.ts'
import type { Herder } from '#server/contract/herder.ts'
import { isAbout, pastRebalance } from '#server/core/rebalance-event.ts'
import type { EventLog } from '#server/runtime/events/event-log.ts'
import type { HerderContext } from '#server/runtime/herder/context.ts'

/** Rebalances are looked through in steps of so many, and a request takes so many steps at most. */
const stepEntries = 200
const mostSteps = 10

/** Who runs what as the leader knows it, and how that came about as the whole group wrote it down. */
export function createAssignments(
  { events, rebalances }: Pick<HerderContext, 'events' | 'rebalances'>,
  cluster: Herder['cluster'],
): Pick<Herder, 'assignments'> {
  return {
    async assignments(query, from) {
      const { source, generation, workers } = await cluster(from)
      const rebalance = source === 'leader' ? rebalances.underWay() : null
      return { current: { source, generation, workers, rebalance }, ...(await pastRebalances(events, query)) }
    },
  }
}

/** The newest rebalances that somebody asks for, newest first. */
async function pastRebalances(
  events: Pick<EventLog, 'page'>,
  query: AssignmentsQuery,
): Promise<Pick<Assignments, 'history' | 'older' | 'origin'>> {
  const history: PastRebalance[] = []
  let before = query.before
  for (let step = 1; ; step++) {
    const page = await events.page({
      kinds: ['rebalance'],
      limit: stepEntries,
      ...(before !== undefined && { before }),
    })
    const { origin } = page
    for (const [index, entry] of page.entries.toReversed().entries()) {
      const past = pastRebalance(entry)
      if (!past || !isAbout(past, query) || history.push(past) < query.limit) continue
      const isLast = index === page.entries.length - 1
      return { history, older: isLast ? page.older : positionOf(entry.id), origin }
    }
    if (page.older === null || step === mostSteps) return { history, older: page.older, origin }
    before = page.older
  }
}

/** `0-1234` → `1234`: only what stands before it. */
const positionOf = (id: string): string => id.slice(id.lastIndexOf('-') + 1)
