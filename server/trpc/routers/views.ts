import { byId, ofPage, view } from '#server/trpc/inputs.ts'
import { clusterProcedure, router } from '#server/trpc/trpc.ts'

const write = clusterProcedure('view:write')

/** Filters under a name. */
export const views = router({
  list: clusterProcedure('connector:read')
    .input(ofPage)
    .query(({ ctx, input }) => ctx.console.views.list(ctx.cluster.slug, input.page)),
  save: write.input(view).mutation(({ ctx, input }) => ctx.console.views.save(ctx.cluster.slug, input.page, input)),
  remove: write.input(byId).mutation(({ ctx, input }) => ctx.console.views.remove(ctx.cluster.slug, input.id)),
})
