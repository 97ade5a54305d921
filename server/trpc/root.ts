import { cluster } from '#server/trpc/routers/cluster.ts'
import { clusters } from '#server/trpc/routers/clusters.ts'
import { connectors } from '#server/trpc/routers/connectors.ts'
import { events } from '#server/trpc/routers/events.ts'
import { example } from '#server/trpc/routers/example.ts'
import { history } from '#server/trpc/routers/history.ts'
import { plugins } from '#server/trpc/routers/plugins.ts'
import { topics } from '#server/trpc/routers/topics.ts'
import { views } from '#server/trpc/routers/views.ts'
import { workers } from '#server/trpc/routers/workers.ts'
import { router } from '#server/trpc/trpc.ts'

/** The console's door: one router a noun, and one stream of events. */
export const appRouter = router({
  cluster,
  clusters,
  connectors,
  events,
  example,
  history,
  plugins,
  topics,
  views,
  workers,
})

export type AppRouter = typeof appRouter
