import { setTimeout as sleep } from 'node:timers/promises'
import type { Victim } from '#e2e/chaos/ground.ts'
import type { FaultKind, Strike } from '#e2e/chaos/story.ts'
import type { Harm } from '#e2e/checker/observation.ts'
import type { MortalBroker } from '#e2e/harness/mortal-broker.ts'

/** What each leaves behind. Who gets nothing through to the broker, or only late, may have a successor and not know it. */
export const harmOf = {
  kill: 'cut-off',
  stop: 'none',
  freeze: 'zombie',
  'broker-kill': 'cut-off',
  drop: 'zombie',
  delay: 'zombie',
  partition: 'zombie',
} as const satisfies Record<FaultKind, Harm>

const mostLost = 0.2
const mostDelayMs = 1_000

/** Carries out a fault on a worker or its way to the broker; all is as before when it resolves. `gone` learns who was ended. */
export async function strikeWorker(
  { kind, lastsMs, awayMs, severity }: Strike,
  { worker, link }: Victim,
  gone: (pid: number) => void,
): Promise<void> {
  switch (kind) {
    case 'kill':
    case 'stop': {
      const { pid } = worker.part
      await worker.part[kind]()
      gone(pid)
      await sleep(awayMs)
      return worker.start()
    }
    case 'freeze':
      worker.part.freeze()
      await sleep(lastsMs)
      worker.part.thaw()
      return
    case 'drop':
      link.drop(severity * mostLost)
      break
    case 'delay':
      link.delay(severity * mostDelayMs)
      break
    case 'partition':
      link.partition(severity < 0.5 ? 'refused' : 'silent')
      break
    case 'broker-kill':
      throw new Error('a worker is no broker')
  }
  await sleep(lastsMs)
  link.clear()
}

/** `kill -9` of the broker, which is back on the same folder when this resolves. */
export async function strikeBroker({ awayMs }: Strike, broker: MortalBroker): Promise<void> {
  await broker.part.kill()
  await sleep(awayMs)
  await broker.start()
}
