import { orNull } from '#server/console/or-null.ts'
import { ofAssignments } from '#server/trpc/inputs.ts'
import { clusterProcedure, router } from '#server/trpc/trpc.ts'

/** The cluster as its workers describe it. */
export const cluster = router({
  info: clusterProcedure('cluster:read').query(({ ctx }) => ctx.cluster.herder.root()),
  /** Who runs what; null where the workers do not tell. */
  view: clusterProcedure('cluster:read').query(({ ctx }) => orNull(ctx.cluster.herder.cluster(), 'UNSUPPORTED')),
  /** The rebalances by which it came to be so, newest first; null where the workers do not tell. */
  assignments: clusterProcedure('cluster:read')
    .input(ofAssignments)
    .query(({ ctx, input: { connector, worker, limit, cursor } }) =>
      orNull(
        ctx.cluster.herder.assignments({
          limit,
          ...(connector && { connector }),
          ...(worker && { worker }),
          ...(cursor && { before: cursor }),
        }),
        'UNSUPPORTED',
      ),
    ),
})
