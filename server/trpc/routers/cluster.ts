import { orNull } from '#server/console/or-null.ts'
import { clusterProcedure, router } from '#server/trpc/trpc.ts'

/** The cluster as its workers describe it. */
export const cluster = router({
  info: clusterProcedure('cluster:read').query(({ ctx }) => ctx.cluster.herder.root()),
  /** Who runs what; null where the workers do not tell. */
  view: clusterProcedure('cluster:read').query(({ ctx }) => orNull(ctx.cluster.herder.cluster(), 'UNSUPPORTED')),
})
