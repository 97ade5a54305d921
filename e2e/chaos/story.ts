import { createDice, type Dice } from '#e2e/chaos/dice.ts'

/**
 * What is done to a worker: it is killed, stopped, frozen; requests to its broker or their answers are lost, answers come
 * late, nothing passes at all. Or `broker-kill`.
 */
export const faultKinds = ['kill', 'stop', 'freeze', 'broker-kill', 'drop', 'delay', 'partition'] as const
export type FaultKind = (typeof faultKinds)[number]

/** One fault and whom it strikes. Every strike has every number, so that the same seed tells the same story of every kind. */
export interface Strike {
  kind: FaultKind
  /** Its place among the workers; without meaning when the broker is struck. */
  worker: number
  lastsMs: number
  /** How long who was ended is away. */
  awayMs: number
  /** From 0, almost nothing, to 1. */
  severity: number
}

/** Strikes that come at once, each with a victim of its own, and the calm behind them. */
export interface Blow {
  strikes: readonly Strike[]
  calmMs: number
}

export interface Cast {
  kinds: readonly FaultKind[]
  workers: number
  longestMs: number
}

/** What happens under a seed, without an end. Kinds are dealt from a shuffled deck: none waits longer than two decks. */
export function* tellStory(seed: number, { kinds, workers, longestMs }: Cast): Generator<Blow, never> {
  const dice = createDice(seed)
  let deck: FaultKind[] = []
  for (;;) {
    const strikes: Strike[] = []
    const spared = Array.from({ length: workers }, (_, n) => n)
    for (let left = dice.between(1, 2); left > 0; left--) {
      if (deck.length === 0) deck = shuffled(dice, kinds)
      const [kind] = deck
      // There is one broker.
      if (kind === undefined || (kind === 'broker-kill' && strikes.some((other) => other.kind === kind))) break
      deck.shift()
      const [worker = 0] = spared.splice(dice.between(0, spared.length - 1), 1)
      const [lastsMs, awayMs] = [dice.between(500, longestMs), dice.between(0, Math.min(4_000, longestMs))]
      strikes.push({ kind, worker, lastsMs, awayMs, severity: dice.next() })
    }
    yield { strikes, calmMs: dice.between(0, Math.min(3_000, longestMs)) }
  }
}

function shuffled(dice: Dice, kinds: readonly FaultKind[]): FaultKind[] {
  const left = [...kinds]
  return kinds.flatMap(() => left.splice(dice.between(0, left.length - 1), 1))
}
