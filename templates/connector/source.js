import { plain } from 'sluice/sdk/schema'

/** Called once for each task, with the config in the types of its table. */
export function createTask(config, context) {
  // What the offsets are about: one for each thing that is read on its own, a table, a file, a queue.
  const sourcePartition = { ticker: config.topic }
  let next = 0

  return {
    async start() {
      // Where the last task stopped; null the first time.
      const [stored] = await context.offsets([sourcePartition])
      next = Number(stored?.next ?? 0)
    },

    // The next batch, or null when there is none yet. A wait ends early when the signal aborts: the task is to stop.
    async poll(signal) {
      const isOver = config.count >= 0 && next >= config.count
      await context.clock.sleep(isOver ? 1000 : Number(config['interval.ms']), signal)
      if (isOver || signal.aborted) return null
      const value = String(next)
      next += 1
      // The offset is where to go on after this record.
      return [{ topic: config.topic, sourcePartition, sourceOffset: { next }, valueSchema: plain.string, value }]
    },

    // Close what start has opened.
    async [Symbol.asyncDispose]() {},
  }
}
