import { collectLogs } from '#server/console/collect-logs.ts'
import { collectRecoveries } from '#server/console/collect-recoveries.ts'
import {
  changeConfig,
  createConnector,
  deleteConnector,
  getConnector,
  validateConfig,
} from '#server/console/connector-configs.ts'
import { listConnectors } from '#server/console/list-connectors.ts'
import { previewConfig, testConfig } from '#server/console/trials.ts'
import { named, ofLog, ofTask, toPreview, toRestart, toValidate, withConfig } from '#server/trpc/inputs.ts'
import { clusterProcedure, router } from '#server/trpc/trpc.ts'

const read = clusterProcedure('connector:read')
const run = clusterProcedure('connector:run')
const write = clusterProcedure('connector:write')

/** Everything that can be asked of connectors. Configs go to the browser without their secrets. */
export const connectors = router({
  list: read.query(({ ctx }) => listConnectors(ctx.cluster)),
  get: read.input(named).query(({ ctx, input }) => getConnector(ctx.cluster, input.name, ctx.console.recorder)),
  validate: read.input(toValidate).query(({ ctx, input }) => validateConfig(ctx.cluster, input)),
  preview: write.input(toPreview).mutation(({ ctx, input }) => previewConfig(ctx.cluster, input)),
  testConnection: write.input(toValidate).mutation(({ ctx, input }) => testConfig(ctx.cluster, input)),
  offsets: read.input(named).query(({ ctx, input }) => ctx.cluster.herder.offsets(input.name)),
  recoveries: read.input(named).query(({ ctx, input }) => collectRecoveries(ctx.cluster, input.name)),
  logs: read
    .input(ofLog)
    .query(({ ctx, input: { name, level, limit } }) => collectLogs(ctx.cluster, { connector: name, level, limit })),

  create: write
    .input(named)
    .input(withConfig)
    .mutation(({ ctx, input }) => createConnector(ctx.cluster, input, ctx.console.recorder)),
  putConfig: write
    .input(named)
    .input(withConfig)
    .mutation(({ ctx, input }) => changeConfig(ctx.cluster, input, ctx.console.recorder)),
  delete: write
    .input(named)
    .mutation(({ ctx, input }) => deleteConnector(ctx.cluster, input.name, ctx.console.recorder)),
  resetOffsets: write.input(named).mutation(({ ctx, input }) => ctx.cluster.herder.resetOffsets(input.name)),

  pause: run.input(named).mutation(({ ctx, input }) => ctx.cluster.herder.setTargetState(input.name, 'PAUSED')),
  resume: run.input(named).mutation(({ ctx, input }) => ctx.cluster.herder.setTargetState(input.name, 'STARTED')),
  stop: run.input(named).mutation(({ ctx, input }) => ctx.cluster.herder.stop(input.name)),
  restart: run.input(toRestart).mutation(({ ctx, input }) => ctx.cluster.herder.restart(input.name, input)),
  restartTask: run
    .input(ofTask)
    .mutation(({ ctx, input }) => ctx.cluster.herder.restartTask({ connector: input.name, task: input.task })),
})
