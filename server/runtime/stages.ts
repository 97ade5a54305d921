import type { Clock } from '#server/contract/clock.ts'

/** What a worker is doing, or did last, in milliseconds since the epoch (Kafka: `Stage`). */
export interface Stage {
  description: string
  startedAt: number
  completedAt?: number
}

/** Names what takes time, so that a request that times out can say what it waited for. */
export interface Stages {
  current(): Stage | undefined
  run<Result>(description: string, work: () => Promise<Result>): Promise<Result>
}

export function createStages(clock: Pick<Clock, 'now'>): Stages {
  /** Newest last: of several at once, the one that began last is told. */
  const running: Stage[] = []
  let last: Stage | undefined
  return {
    current: () => running.at(-1) ?? last,
    async run(description, work) {
      const stage: Stage = { description, startedAt: clock.now() }
      running.push(stage)
      try {
        return await work()
      } finally {
        running.splice(running.indexOf(stage), 1)
        last = { ...stage, completedAt: clock.now() }
      }
    },
  }
}

/** `Worker has completed …` for health answers, in Kafka's words (`Stage.summarize`). */
export function summarize(stage: Stage | undefined): string {
  if (!stage) return ''
  const began = new Date(stage.startedAt).toISOString()
  if (stage.completedAt === undefined) {
    return `The worker is currently ${stage.description}, which began at ${began}.`
  }
  return `The last operation the worker completed was ${stage.description}, which began at ${began} and completed at ${new Date(stage.completedAt).toISOString()}.`
}
