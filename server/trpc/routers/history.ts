import { named, newest } from '#server/trpc/inputs.ts'
import { clusterProcedure, router } from '#server/trpc/trpc.ts'

const read = clusterProcedure('connector:read')

/** The configs as they were. */
export const history = router({
  list: read.input(named).query(({ ctx, input }) => ctx.console.history.list(ctx.cluster.slug, input.name)),
  recent: read.input(newest).query(({ ctx, input }) => ctx.console.history.recent(ctx.cluster.slug, input.limit)),
})
