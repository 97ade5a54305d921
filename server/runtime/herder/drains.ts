import type { Drain } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { Herder } from '#server/contract/herder.ts'
import { drainsOf } from '#server/core/drain.ts'
import { workerIdOf } from '#server/core/worker-id.ts'
import type { HerderContext } from '#server/runtime/herder/context.ts'
import type { AsLeader } from '#server/runtime/herder/leadership.ts'

/** Empties workers and puts them back. I11: both answer when the whole group can read it in the config topic. */
export function createDrains(context: HerderContext, asLeader: AsLeader): Pick<Herder, 'drain' | 'undrain'> {
  const { configs, assignment, events, clock, stages } = context
  const tell = (message: string, detail: { worker: string; asked: 'drain' | 'undrain' }) =>
    events.write({ kind: 'drain', level: 'INFO', message, detail })
  const writing = <Result>(worker: string, work: () => Promise<Result>) =>
    stages.run(`writing the drain of worker ${worker} to the config topic`, work)

  function ensurePossible(worker: string): void {
    const workers = assignment.members().map(({ url }) => workerIdOf(url))
    if (!workers.includes(worker)) {
      throw new ConnectError(
        'WORKER_NOT_FOUND',
        `Worker ${worker} is not in the group, whose workers are ${workers.join(', ')}.`,
      )
    }
    const takers = workers.filter((id) => id !== worker && !configs.state.drains.has(id))
    if (takers.length > 0) return
    throw new ConnectError(
      'NOWHERE_TO_DRAIN',
      workers.length === 1
        ? `Worker ${worker} cannot be drained: it is the only one of its group, so its work has nowhere to go.`
        : `Worker ${worker} cannot be drained: all others are drained themselves, so its work has nowhere to go.`,
    )
  }

  return {
    drain: (worker) =>
      asLeader(async () => {
        if (!configs.state.drains.has(worker)) {
          ensurePossible(worker)
          await writing(worker, () => configs.putDrain(worker, clock.now()))
          tell(`Worker ${worker} is to be emptied`, { worker, asked: 'drain' })
        }
        const drain = drainsAsLed(context).find((each) => each.worker === worker)
        if (drain) return drain
        throw new ConnectError('DRAIN_NOT_FOUND', `Worker ${worker} was put back meanwhile.`)
      }),
    async undrain(worker) {
      await configs.readToEnd()
      const { drains } = configs.state
      if (!drains.has(worker)) {
        const others =
          drains.size === 0 ? 'none is' : `${[...drains.keys()].join(', ')} ${drains.size === 1 ? 'is' : 'are'}`
        throw new ConnectError('DRAIN_NOT_FOUND', `Worker ${worker} is not drained; ${others}.`)
      }
      await writing(worker, () => configs.putDrain(worker, null))
      tell(`Worker ${worker} takes work again`, { worker, asked: 'undrain' })
    },
  }
}

/** How far each drain is, as the leader knows it. */
export function drainsAsLed({ configs, assignment }: Pick<HerderContext, 'configs' | 'assignment'>): Drain[] {
  const left = assignment.members().map(({ url, work, leaving }) => {
    const pieces = [work, leaving].flatMap(({ connectors, tasks }) => [...connectors, ...tasks])
    return [workerIdOf(url), pieces.length] as const
  })
  return drainsOf(configs.state.drains, { left: new Map(left), leaderDrains: true })
}
