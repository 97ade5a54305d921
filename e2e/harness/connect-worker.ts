import type { WatchedProcess } from '#e2e/harness/watched-process.ts'
import { eventually } from '#e2e/start/eventually.ts'

/** A worker of either kind as a process; it can be started again after it was ended, under the same address. */
export interface ConnectWorker {
  readonly url: string
  /** `host:port`, as statuses name it. */
  readonly id: string
  readonly part: WatchedProcess
  /** Starts it anew when it is gone; resolves when it is healthy. */
  start(): Promise<void>
}

/** Waits until a worker says that it takes part in its group; its last lines are in the error. */
export async function healthy(url: string, part: WatchedProcess): Promise<void> {
  const asked = async () => {
    const { ok } = await fetch(`${url}/health`, { signal: AbortSignal.timeout(5_000) })
    return ok || undefined
  }
  await eventually(asked, { withinMs: 60_000, what: `${url} becomes healthy` }).catch((error: Error) => {
    throw new Error(`${error.message}\n${part.lines.slice(-40).join('\n')}`, { cause: error })
  })
}
