import type { Ack } from '#server/kafka/ack.ts'
import type { Producer } from '#server/kafka/producer.ts'

type Send = Producer['send']

/** A producer whose `send` is another one's business; everything else is the real one's. */
const sending = (real: Producer, send: Send): Producer => ({ ...real, send })

const unseen = (topic: string, partition: number, records: number): Ack => ({
  topic,
  partition,
  baseOffset: -1,
  records,
  timestamp: -1,
})

/** Says that a batch is acknowledged as soon as it is handed over, and sends it a while later. */
export function acknowledgesBeforeItSends(real: Producer, laterMs: number): Producer {
  const turns = new Map<number, Promise<unknown>>()
  return sending(real, async (topic, partition, batch) => {
    const { count } = batch
    const turn = (turns.get(partition) ?? Promise.resolve())
      .then(() => new Promise((resolve) => setTimeout(resolve, laterMs)))
      .then(() => real.send(topic, partition, batch))
    turn.catch(() => undefined) // nobody is told: that is the bug
    turns.set(partition, turn)
    return unseen(topic, partition, count)
  })
}

/** Says of one batch that it is acknowledged, and never sends it. */
export function losesOneBatch(real: Producer, nth: number): Producer {
  let sent = 0
  return sending(real, async (topic, partition, batch) => {
    sent += 1
    if (sent !== nth) return real.send(topic, partition, batch)
    const { count } = batch
    real.release(batch)
    return unseen(topic, partition, count)
  })
}

/** Says of one batch that it is acknowledged, and sends it when others behind it are long there. */
export function delaysOneBatch(real: Producer, { nth, laterMs }: { nth: number; laterMs: number }): Producer {
  let sent = 0
  return sending(real, async (topic, partition, batch) => {
    sent += 1
    if (sent !== nth) return real.send(topic, partition, batch)
    const { count } = batch
    // Nobody hears of what becomes of it: that is the bug.
    setTimeout(() => void real.send(topic, partition, batch).catch(() => undefined), laterMs)
    return unseen(topic, partition, count)
  })
}

/** Sends every third batch after the one behind it, as a retry without sequence numbers does. */
export function swapsBatches(real: Producer): Producer {
  let sent = 0
  let held: { go(): Promise<Ack> } | undefined
  return sending(real, async (topic, partition, batch) => {
    sent += 1
    if (sent % 3 === 0 && !held) {
      const released = Promise.withResolvers<void>()
      // Where nothing comes behind it there is nothing to swap it with.
      const alone = setTimeout(() => released.resolve(), 500)
      const done = released.promise.then(() => real.send(topic, partition, batch))
      held = {
        go: () => {
          clearTimeout(alone)
          released.resolve()
          return done
        },
      }
      return done
    }
    const before = held
    held = undefined
    const ack = await real.send(topic, partition, batch)
    void before?.go()
    return ack
  })
}

/** Keeps the last batch when it is told to end, and sends it through a connection of its own afterwards. */
export function writesAfterItsEnd(real: Producer, another: () => Producer, afterMs: number): Producer {
  let held: { topic: string; partition: number; batch: Parameters<Send>[2] } | undefined
  const late = another()
  return {
    ...sending(real, async (topic, partition, batch) => {
      const ready = held
      held = { topic, partition, batch }
      if (ready) await real.send(ready.topic, ready.partition, ready.batch)
      return unseen(topic, partition, batch.count)
    }),
    async [Symbol.asyncDispose]() {
      setTimeout(async () => {
        if (held) await late.send(held.topic, held.partition, held.batch)
        await late[Symbol.asyncDispose]()
      }, afterMs)
      await real[Symbol.asyncDispose]()
    },
  }
}
