import { type Stream, streamOf } from '#e2e/checker/observation.ts'
import type { Journal } from '#e2e/observers/journal.ts'

interface StatusAnswer {
  connector: { state: string }
  tasks: { id: number; state: string }[]
}

const everyMs = 200

/**
 * Asks the workers in turn how a connector is, and writes down what they say of each of its streams; of one that has no tasks
 * its own state counts. Resolves when the signal aborts.
 */
export async function watchStatuses(
  urls: () => readonly string[],
  { connector, streams }: { connector: string; streams: readonly Stream[] },
  journal: Journal,
  signal: AbortSignal,
): Promise<void> {
  for (let turn = 0; !signal.aborted; turn++) {
    const all = urls()
    const askedAt = Date.now()
    const answer = await ask(`${all[turn % all.length]}/connectors/${encodeURIComponent(connector)}/status`)
    if (answer) {
      const states = new Map(answer.tasks.map(({ id, state }) => [streamOf(connector, id), state]))
      for (const stream of streams) {
        const state = states.get(stream) ?? (answer.tasks.length === 0 ? answer.connector.state : 'UNASSIGNED')
        journal.write({ kind: 'status', at: Date.now(), stream, state, askedAt })
      }
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

/** Undefined: nobody answered, or not with 200; workers are killed while they are asked. */
async function ask(url: string): Promise<StatusAnswer | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
    return response.ok ? ((await response.json()) as StatusAnswer) : undefined
  } catch {
    return undefined
  }
}
