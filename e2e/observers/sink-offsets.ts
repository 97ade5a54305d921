import type { Journal } from '#e2e/observers/journal.ts'
import { eventually } from '#e2e/start/eventually.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import type { KafkaClient } from '#server/kafka/client.ts'

const everyMs = 200

/** Asks what the group of a sink has committed, and writes down what changed; a last time when the signal has aborted. */
export async function watchSinkOffsets(
  client: KafkaClient,
  sink: string,
  journal: Journal,
  signal: AbortSignal,
): Promise<void> {
  const admin = createAdmin(client)
  const known = new Map<string, number>()
  for (let last = false; !last; ) {
    last = signal.aborted
    // A broker that is killed is away for longer than a client of anybody would wait.
    const offsets = await eventually(() => admin.groupOffsets(`connect-${sink}`), {
      withinMs: 120_000,
      what: `the offsets of ${sink} are told`,
    })
    for (const { topic, partition, offset } of offsets) {
      const place = `${topic}-${partition}`
      if (known.get(place) === offset) continue
      known.set(place, offset)
      journal.write({ kind: 'sink offset', at: Date.now(), sink, partition: place, offset })
    }
    if (!last) await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
