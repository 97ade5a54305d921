import { createLiveFeed, type LiveEvent, type LiveFeed, type Look, type Noun } from '#server/console/live-feed.ts'
import type { Clock } from '#server/contract/clock.ts'

/** The live feeds of all clusters that somebody looks at. */
export interface Live {
  follow(
    cluster: string,
    lastId: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<{ id: string; event: LiveEvent }>
  /** Something was done to a cluster, or with undefined to all of them. Does nothing where nobody follows. */
  tell(cluster: string | undefined, ...changed: Noun[]): void
}

export function createLive(options: { lookAt: (cluster: string) => () => Promise<Look>; clock: Clock }): Live {
  const feeds = new Map<string, LiveFeed>()
  const begin = options.clock.now().toString(36)
  let opened = 0

  function feedOf(cluster: string): LiveFeed {
    const known = feeds.get(cluster)
    if (known) return known
    const feed = createLiveFeed({
      look: options.lookAt(cluster),
      epoch: `${begin}-${opened++}`,
      clock: options.clock,
      onIdle: () => {
        if (feeds.get(cluster) === feed) feeds.delete(cluster)
      },
    })
    feeds.set(cluster, feed)
    return feed
  }

  return {
    follow: (cluster, lastId, signal) => feedOf(cluster).follow(lastId, signal),
    tell(cluster, ...changed) {
      for (const [slug, feed] of feeds) if (cluster === undefined || slug === cluster) feed.tell(changed)
    },
  }
}
