import { readCatalog, readRecordPlugins } from '#server/console/catalog.ts'
import { ofPlugin } from '#server/trpc/inputs.ts'
import { clusterProcedure, router } from '#server/trpc/trpc.ts'

const read = clusterProcedure('connector:read')

/** What the workers can run. */
export const plugins = router({
  catalog: read.query(({ ctx }) => readCatalog(ctx.cluster)),
  /** Transforms and predicates. */
  ofRecords: read.query(({ ctx }) => readRecordPlugins(ctx.cluster, ctx.console.shippedSummaries)),
  list: read.query(({ ctx }) => ctx.cluster.herder.plugins(false)),
  config: read.input(ofPlugin).query(({ ctx, input }) => ctx.cluster.herder.pluginConfig(input.plugin)),
})
