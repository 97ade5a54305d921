import type { Clock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { Admin } from '#server/kafka/admin.ts'
import type { EventWriter } from '#server/runtime/events/event-log.ts'

/** How often the topics are looked at again. */
export const compactionLookMs = 3_600_000

/** What the topic is set to; undefined where Kafka does not say. */
export const cleanupPolicyOf = async (admin: Pick<Admin, 'topicConfig'>, topic: string) =>
  (await admin.topicConfig(topic)).find(({ name }) => name === 'cleanup.policy')?.value ?? undefined

/**
 * Topics that a worker refused to start with may be altered while it runs, and forget nothing until their retention ends:
 * they are looked at each hour. Returns what is wrong with them now, in words, for `GET /health`; each change is logged and
 * told in the timeline. Ends with the signal.
 */
export function watchCompaction(options: {
  topics: readonly string[]
  admin: Pick<Admin, 'topicConfig'>
  clock: Pick<Clock, 'sleep'>
  signal: AbortSignal
  events: EventWriter
  logger: Logger
}): () => string[] {
  const { admin, clock, signal, events, logger } = options
  const wrong = new Map<string, string>()

  async function look(topic: string): Promise<void> {
    const policy = await cleanupPolicyOf(admin, topic)
    const before = wrong.get(topic)
    if (policy === undefined || policy === 'compact') {
      if (before) tell('INFO', `Topic ${topic} is compacted again`, { topic })
      wrong.delete(topic)
      return
    }
    const message = `Topic ${topic} was altered to cleanup.policy=${policy} and will forget what this cluster keeps in it. Set cleanup.policy=compact again before its retention ends.`
    wrong.set(topic, message)
    if (message !== before) tell('ERROR', message, { topic, policy })
  }

  function tell(level: 'INFO' | 'ERROR', message: string, detail: Record<string, string>): void {
    logger.log(level, message)
    events.write({ kind: 'worker', level, message, detail })
  }

  async function watch(): Promise<void> {
    for (;;) {
      await clock.sleep(compactionLookMs, signal)
      if (signal.aborted) return
      for (const topic of options.topics) {
        await look(topic).catch((error: unknown) =>
          logger.debug(`Whether topic ${topic} is compacted is not known: ${messageOf(error)}`),
        )
      }
    }
  }

  void watch()
  return () => [...wrong.values()]
}
