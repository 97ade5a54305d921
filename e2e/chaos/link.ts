import { setTimeout as sleep } from 'node:timers/promises'
import { createDice } from '#e2e/chaos/dice.ts'
import { type Fault, startFaultProxy } from '#server/kafka/testdata/fault-proxy.ts'

/** One worker's way to its broker. What is done to it lasts until `clear`. */
export interface Link extends AsyncDisposable {
  readonly bootstrapServers: string
  /** Of every request with this chance it or its answer is lost, with the connection. */
  drop(chance: number): void
  /** Every answer is held back, for up to so long. */
  delay(mostMs: number): void
  /** Nothing passes: connections end and new ones are refused, or they stay and are silent. */
  partition(how: 'refused' | 'silent'): void
  clear(): void
}

export async function startLink(bootstrapServers: string, seed: number): Promise<Link> {
  const dice = createDice(seed)
  const calm = (): Fault => 'pass'
  let weather = calm
  const proxy = await startFaultProxy(bootstrapServers, () => weather())
  return {
    bootstrapServers: proxy.bootstrapServers,
    drop(chance) {
      weather = () => (dice.next() < chance ? dice.pick(['lose the request', 'lose the answer']) : 'pass')
    },
    delay(mostMs) {
      weather = () => ({ answerAfter: sleep(dice.between(0, mostMs)) })
    },
    partition: (how) => (how === 'refused' ? proxy.cut() : proxy.silence()),
    clear() {
      weather = calm
      proxy.restore()
    },
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  }
}
