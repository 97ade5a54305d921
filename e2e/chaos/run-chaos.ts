import { setTimeout as sleep } from 'node:timers/promises'
import { type Copies, type CopiesReport, startCopies } from '#e2e/chaos/copies.ts'
import { createDice, type Dice } from '#e2e/chaos/dice.ts'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'

export interface ChaosOptions {
  seed: number
  /** How long workers are troubled; healing and checking come on top. */
  forMs: number
  /** Called before each fault, for whoever watches. */
  onFault?: (fault: string) => void
}

export interface ChaosReport {
  seed: number
  faults: Record<Fault, number>
  lines: number
  /** From the end of the last fault until everything runs on all workers again, in ms. */
  healMs: number
  lost: number
  duplicates: number
  /** What I3 allows after these faults. */
  mostDuplicates: number
  inversions: number
  foreign: number
  offsetsBack: number
  /** Whether every invariant that this run can judge holds. */
  ok: boolean
}

type Fault = 'kill' | 'stop' | 'freeze'

const perSecond = 200
const copiesCount = 3
const sessionMs = 6_000
const healWithinMs = 60_000

/**
 * Three workers copy files through topics while workers are killed, stopped and frozen, one or two at a time, in an order
 * that the seed decides; then everything heals, and what stands in the topics and in the files is judged. The judge reads
 * both by itself and believes nothing that the workers say.
 */
export async function runChaos({ seed, forMs, onFault }: ChaosOptions): Promise<ChaosReport> {
  const dice = createDice(seed)
  await using cluster = await startCluster({ workers: 3, properties: { 'session.timeout.ms': String(sessionMs) } })
  await using copies = await startCopies(cluster, copiesCount, perSecond)
  await copies.running(cluster.workers, healWithinMs)

  const faults: Record<Fault, number> = { kill: 0, stop: 0, freeze: 0 }
  let repeatableMs = 0
  const end = performance.now() + forMs
  while (performance.now() < end) {
    const victims = drawVictims(dice, cluster)
    const fault = dice.pick(['kill', 'stop', 'freeze'] as const)
    faults[fault] += victims.length
    onFault?.(`${fault} ${victims.map(({ id }) => id).join(' and ')}`)
    const windows = await Promise.all(victims.map((victim) => trouble(dice, fault, victim)))
    repeatableMs += Math.max(...windows)
    await sleep(dice.between(0, 3_000))
  }
  return judge({ seed, faults, repeatableMs }, await heal(copies, cluster))
}

function drawVictims(dice: Dice, { workers }: Cluster): ConnectWorker[] {
  const left = [...workers]
  return Array.from({ length: dice.between(1, 2) }, () => left.splice(dice.between(0, left.length - 1), 1)).flat()
}

/** Commits go once a second, and may take one. */
const uncommittedMs = 2_000

/**
 * One fault and its end: the worker is back when this resolves. Answers of how much time, in ms, what was sent may be sent
 * again: what was not committed yet, and of a frozen worker what it catches up with before it knows of its successor (I7).
 */
async function trouble(dice: Dice, fault: Fault, { part, start }: ConnectWorker): Promise<number> {
  // Drawn in any case, so that the same seed tells the same story whatever time things take.
  const [frozenMs, awayMs] = [dice.between(500, 2 * sessionMs), dice.between(0, 4_000)]
  if (fault === 'freeze') {
    part.freeze()
    await sleep(frozenMs)
    part.thaw()
    return frozenMs + uncommittedMs
  }
  await part[fault]()
  await sleep(awayMs)
  await start()
  return fault === 'kill' ? uncommittedMs : 0
}

async function heal(copies: Copies, { workers }: Cluster): Promise<CopiesReport & { healMs: number }> {
  const begin = performance.now()
  await copies.running(workers, healWithinMs)
  const healMs = Math.round(performance.now() - begin)
  return { ...(await copies.finish(healWithinMs)), healMs }
}

function judge(
  { seed, faults, repeatableMs }: { seed: number; faults: Record<Fault, number>; repeatableMs: number },
  report: CopiesReport & { healMs: number },
): ChaosReport {
  const all = [...report.topics, ...report.outputs]
  const sum = (of: (copy: (typeof all)[number]) => number) => all.reduce((total, copy) => total + of(copy), 0)
  // I3: what a source repeats is seen in its topic and in the output; what a sink repeats in the output.
  const mostDuplicates = Math.ceil((3 * repeatableMs * perSecond * copiesCount) / 1_000)
  const judged = {
    lines: report.sent,
    healMs: report.healMs,
    lost: sum(({ lost }) => lost.length),
    duplicates: sum(({ duplicates }) => duplicates),
    mostDuplicates,
    inversions: sum(({ inversions }) => inversions),
    foreign: sum(({ foreign }) => foreign.length),
    offsetsBack: report.offsetsBack.reduce((total, one) => total + one, 0),
  }
  const ok =
    judged.lost + judged.inversions + judged.foreign === 0 &&
    judged.duplicates <= mostDuplicates &&
    // A frozen worker that thaws may still commit what it had read: at least once has no fence for it (I7).
    (judged.offsetsBack === 0 || faults.freeze > 0)
  return { seed, faults, ...judged, ok }
}
