import { startExample } from '#server/console/example.ts'
import { clusterProcedure, router } from '#server/trpc/trpc.ts'

/** The ready example of an empty cluster. */
export const example = router({
  start: clusterProcedure('connector:write').mutation(({ ctx: { cluster, console } }) =>
    startExample(cluster, { file: console.exampleFile, recorder: console.recorder, clock: console.clock }),
  ),
})
