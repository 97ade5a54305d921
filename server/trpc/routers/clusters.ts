import { bySlug, clusterSettings } from '#server/trpc/inputs.ts'
import { procedure, router } from '#server/trpc/trpc.ts'

/** The clusters that the console knows. */
export const clusters = router({
  list: procedure('cluster:read').query(({ ctx }) => ctx.console.clusters.list()),
  save: procedure('cluster:write')
    .input(clusterSettings)
    .mutation(({ ctx, input }) => ctx.console.clusters.save(input)),
  remove: procedure('cluster:write')
    .input(bySlug)
    .mutation(({ ctx, input }) => ctx.console.clusters.remove(input.slug)),
})
