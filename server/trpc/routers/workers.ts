import { ConnectError } from '#server/contract/errors.ts'
import { ofWorker, ofWorkerId } from '#server/trpc/inputs.ts'
import { clusterProcedure, router } from '#server/trpc/trpc.ts'

const run = clusterProcedure('worker:run').use(({ ctx, next }) => {
  const workers = ctx.console.embeddedWorkers(ctx.cluster.slug)
  if (workers) return next({ ctx: { workers } })
  throw new ConnectError('BAD_REQUEST', 'This console does not run the workers of this cluster.')
})

/** The workers that this console runs itself. */
export const workers = router({
  /** Null where they run elsewhere. */
  list: clusterProcedure('cluster:read').query(
    ({ ctx }) => ctx.console.embeddedWorkers(ctx.cluster.slug)?.list() ?? null,
  ),
  add: run.mutation(({ ctx }) => ctx.workers.add()),
  start: run.input(ofWorker).mutation(({ ctx, input }) => ctx.workers.start(input.id)),
  stop: run.input(ofWorker).mutation(({ ctx, input }) => ctx.workers.stop(input.id)),
  /** Any worker of the group, by the id that it has there, wherever it runs. */
  drain: clusterProcedure('worker:run')
    .input(ofWorkerId)
    .mutation(({ ctx, input }) => ctx.cluster.herder.drain(input.worker)),
  undrain: clusterProcedure('worker:run')
    .input(ofWorkerId)
    .mutation(({ ctx, input }) => ctx.cluster.herder.undrain(input.worker)),
})
