import type { PrismaClient } from '#prisma/client/client.ts'
import type { Database } from '#server/console/database/database.ts'
import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'

/** The database once it is open. Rejects with the reason while it cannot be opened. */
export type Prisma = () => Promise<PrismaClient>

export interface BackgroundDatabase extends AsyncDisposable {
  prisma: Prisma
}

const retryMs = 5_000

/**
 * Opens the database while the console serves already: whoever needs it waits for the first attempt. After a failed one
 * every call says why at once, and it is tried again every five seconds.
 */
export function openInBackground(
  open: (signal: AbortSignal) => Promise<Database>,
  { clock, logger }: { clock: Clock; logger: Logger },
): BackgroundDatabase {
  const closing = new AbortController()
  let current = attempt()
  const done = keepTrying()

  function attempt(): Promise<Database> {
    const opening = open(closing.signal)
    // Told by `keepTrying`, and to whoever asks.
    opening.catch(() => undefined)
    return opening
  }

  async function keepTrying(): Promise<void> {
    for (let told = false; ; told = true) {
      try {
        await current
        if (told) logger.info("The console's database is open now")
        return
      } catch (error) {
        if (closing.signal.aborted) return
        if (!told) logger.error("The console's database does not open; history and views wait for it", { error })
        await clock.sleep(retryMs, closing.signal)
        if (closing.signal.aborted) return
        // The last answer stands until the new attempt has one of its own.
        const next = attempt()
        await next.then(
          () => undefined,
          () => undefined,
        )
        current = next
      }
    }
  }

  return {
    prisma: async () => (await current).prisma,
    async [Symbol.asyncDispose]() {
      closing.abort()
      await done
      const database = await current.catch(() => undefined)
      await database?.[Symbol.asyncDispose]()
    },
  }
}
