import { tracked } from '@trpc/server'
import { collectEvents } from '#server/console/collect-events.ts'
import { collectRecoveries } from '#server/console/collect-recoveries.ts'
import { collectStalls, collectTaskless } from '#server/console/collect-stalls.ts'
import { collectThroughput } from '#server/console/collect-throughput.ts'
import {
  changeConfig,
  createConnector,
  deleteConnector,
  getConnector,
  validateConfig,
} from '#server/console/connector-configs.ts'
import { listConnectors } from '#server/console/list-connectors.ts'
import { orNull } from '#server/console/or-null.ts'
import { sinkLag, sinkLags } from '#server/console/sink-lag.ts'
import { previewConfig, testConfig } from '#server/console/trials.ts'
import { toTrpcError } from '#server/trpc/errors.ts'
import {
  named,
  ofEvents,
  ofNames,
  ofTask,
  toFollow,
  toLogLevel,
  toPreview,
  toRestart,
  toValidate,
  withConfig,
} from '#server/trpc/inputs.ts'
import { clusterProcedure, router } from '#server/trpc/trpc.ts'

const read = clusterProcedure('connector:read')
const run = clusterProcedure('connector:run')
const never = new AbortController().signal
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
  stalls: read.query(({ ctx }) => collectStalls(ctx.cluster)),
  taskless: read.query(({ ctx }) => collectTaskless(ctx.cluster)),
  lag: read.input(named).query(({ ctx, input }) => sinkLag(ctx.cluster, input.name)),
  lags: read.input(ofNames).query(({ ctx, input }) => sinkLags(ctx.cluster, input.names)),
  throughput: read.query(({ ctx }) => collectThroughput(ctx.cluster)),
  policies: read.input(named).query(({ ctx, input }) => orNull(ctx.cluster.herder.policies(input.name), 'UNSUPPORTED')),
  events: read
    .input(ofEvents)
    .query(({ ctx, input: { cluster: _, cursor, ...query } }) =>
      collectEvents(ctx.cluster, { ...query, ...(cursor && { before: cursor }) }),
    ),
  /** What happens after the last entry that a browser has, or after the one that it names. */
  follow: read.input(toFollow).subscription(async function* ({ ctx, input, signal = never }) {
    const { cluster: _, lastEventId, after, ...filter } = input
    try {
      for await (const entry of ctx.cluster.herder.followEvents(filter, lastEventId ?? after, signal)) {
        yield tracked(entry.id, entry)
      }
    } catch (error) {
      throw toTrpcError(error)
    }
  }),
  logLevel: read
    .input(named)
    .query(({ ctx, input }) => orNull(ctx.cluster.herder.connectorLogLevel(input.name), 'UNSUPPORTED')),
  setLogLevel: run
    .input(toLogLevel)
    .mutation(({ ctx, input }) => ctx.cluster.herder.setConnectorLogLevel(input.name, input.set)),

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
