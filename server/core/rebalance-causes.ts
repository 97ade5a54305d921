import type { RebalanceCause } from '#server/contract/assignments.ts'
import type { Work } from '#server/core/work.ts'

/** The group at one moment, as far as it decides how work is shared. */
export interface GroupSnapshot {
  /** By member id: a worker that was started again is another member. */
  members: ReadonlyMap<string, { worker: string; work: Work }>
  /** Every connector with the number of its tasks. */
  configured: ReadonlyMap<string, number>
  /** Workers that are to be emptied. */
  drains: ReadonlySet<string>
}

/** What is different, so that the work had to be shared out anew. `isLost` tells a death from a goodbye, by member id. */
export function rebalanceCauses(
  before: GroupSnapshot,
  now: GroupSnapshot,
  isLost: (memberId: string, work: Work) => boolean,
): RebalanceCause[] {
  const gone = [...before.members].flatMap(([id, { worker, work }]) =>
    now.members.has(id) ? [] : [{ worker, lost: isLost(id, work) }],
  )
  const come = [...now.members].filter(([id]) => !before.members.has(id)).map(([, { worker }]) => worker)
  const returned = come.filter((worker) => gone.some((member) => member.worker === worker))
  const away = gone.filter(({ worker }) => !returned.includes(worker))
  const workersOf = (members: readonly { worker: string }[]) => members.map(({ worker }) => worker)
  const present = (worker: string) => [...now.members.values()].some((member) => member.worker === worker)
  const stayed = [...now.configured.keys()].filter((name) => before.configured.has(name))
  const causes: RebalanceCause[] = [
    { kind: 'lost', workers: workersOf(away.filter(({ lost }) => lost)) },
    { kind: 'left', workers: workersOf(away.filter(({ lost }) => !lost)) },
    { kind: 'joined', workers: come.filter((worker) => !returned.includes(worker)) },
    { kind: 'returned', workers: returned },
    { kind: 'drained', workers: [...now.drains].filter((worker) => present(worker) && !before.drains.has(worker)) },
    { kind: 'put back', workers: [...before.drains].filter((worker) => present(worker) && !now.drains.has(worker)) },
    { kind: 'created', connectors: [...now.configured.keys()].filter((name) => !before.configured.has(name)) },
    { kind: 'deleted', connectors: [...before.configured.keys()].filter((name) => !now.configured.has(name)) },
    { kind: 'tasks', connectors: stayed.filter((name) => before.configured.get(name) !== now.configured.get(name)) },
  ]
  const found = causes.filter((cause) => namesIn(cause).length > 0)
  return found.length > 0 ? found : [{ kind: 'share' }]
}

const namesIn = (cause: RebalanceCause): readonly string[] =>
  'workers' in cause ? cause.workers : 'connectors' in cause ? cause.connectors : []

/** The causes of a rebalance that goes on: each thing once, and what joins after it was away has come back. */
export function mergeCauses(known: readonly RebalanceCause[], more: readonly RebalanceCause[]): RebalanceCause[] {
  const away = new Set(known.flatMap((cause) => (cause.kind === 'lost' || cause.kind === 'left' ? cause.workers : [])))
  const merged: RebalanceCause[] = structuredClone([...known])
  for (const cause of more.flatMap((one) => (one.kind === 'joined' ? splitJoined(one.workers, away) : one))) {
    const same = merged.find(({ kind }) => kind === cause.kind)
    if (!same) merged.push(cause)
    else if ('workers' in same && 'workers' in cause) same.workers = [...new Set([...same.workers, ...cause.workers])]
    else if ('connectors' in same && 'connectors' in cause) {
      same.connectors = [...new Set([...same.connectors, ...cause.connectors])]
    }
  }
  const telling = merged.filter(({ kind }) => kind !== 'share')
  return telling.length > 0 ? telling : merged
}

function splitJoined(workers: readonly string[], away: ReadonlySet<string>): RebalanceCause[] {
  const causes: RebalanceCause[] = [
    { kind: 'returned', workers: workers.filter((worker) => away.has(worker)) },
    { kind: 'joined', workers: workers.filter((worker) => !away.has(worker)) },
  ]
  return causes.filter((cause) => namesIn(cause).length > 0)
}
