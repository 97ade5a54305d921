import { ConnectError } from '#server/contract/errors.ts'
import type { EventFilter } from '#server/contract/events.ts'
import type { Herder } from '#server/contract/herder.ts'
import { assignments, assignmentsQueryOf } from '#server/rest/assignments-json.ts'
import { eventFilterOf, eventQueryOf, logKinds, timelineKinds } from '#server/rest/event-query.ts'
import { lastSeen, toEventStream } from '#server/rest/event-stream.ts'
import { checkIncludedType } from '#server/rest/included-type.ts'
import * as json from '#server/rest/json.ts'
import { logQuery } from '#server/rest/log-query.ts'
import { readPreviewRequest } from '#server/rest/preview-request.ts'
import * as bodies from '#server/rest/request-bodies.ts'
import { type Answer, done, noContent, ok, type Route, type RouteCall } from '#server/rest/route.ts'

/** What Sluice offers beyond Kafka Connect; a JVM worker answers 404. */
export const ownRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/sluice/v1/openapi.json',
    async run({ version }) {
      const { openApiDocument } = await import('#server/rest/openapi/document.ts')
      return ok(openApiDocument(version))
    },
  },
  {
    method: 'GET',
    path: '/sluice/v1/cluster',
    withoutLeader: async ({ herder, version }) =>
      ok({ version, ...json.clusterView.write(await herder.cluster('statuses')) }),
    run: async ({ herder, version }) => ok({ version, ...json.clusterView.write(await herder.cluster()) }),
  },
  {
    method: 'GET',
    path: '/sluice/v1/assignments',
    withoutLeader: async ({ herder, query }) =>
      ok(assignments.write(await herder.assignments(assignmentsQueryOf(query), 'statuses'))),
    run: async ({ herder, query }) => ok(assignments.write(await herder.assignments(assignmentsQueryOf(query)))),
  },
  {
    method: 'POST',
    path: '/sluice/v1/workers/{c}/drain',
    withoutLeader: ({ herder }) => leaderCannotDrain(herder),
    run: async ({ herder }, worker) => ({ status: 202, body: json.drain.write(await herder.drain(worker)) }),
  },
  {
    method: 'DELETE',
    path: '/sluice/v1/workers/{c}/drain',
    run: async ({ herder }, worker) => done(noContent, herder.undrain(worker)),
  },
  {
    method: 'GET',
    path: '/sluice/v1/recoveries',
    run: async ({ herder }) => ok((await herder.recoveries()).map(json.recovery.write)),
  },
  {
    method: 'GET',
    path: '/sluice/v1/connectors/{c}/policies',
    run: async ({ herder }, connector) => ok(json.policies.write(await herder.policies(connector))),
  },
  {
    method: 'GET',
    path: '/sluice/v1/connectors/{c}/log-level',
    run: async ({ herder }, connector) => ok(json.connectorLogLevel.write(await herder.connectorLogLevel(connector))),
  },
  {
    method: 'PUT',
    path: '/sluice/v1/connectors/{c}/log-level',
    run: async ({ herder, body }, connector) =>
      ok(
        json.connectorLogLevel.write(await herder.setConnectorLogLevel(connector, bodies.readConnectorLogLevel(body))),
      ),
  },
  {
    method: 'DELETE',
    path: '/sluice/v1/connectors/{c}/log-level',
    run: async ({ herder }, connector) => done(noContent, herder.setConnectorLogLevel(connector, null)),
  },
  {
    method: 'GET',
    path: '/sluice/v1/timeline',
    run: async ({ herder, query }) => ok(await herder.events(eventQueryOf(query, { kinds: timelineKinds }))),
  },
  {
    method: 'GET',
    path: '/sluice/v1/timeline/live',
    streams: true,
    run: async (call) => live(call, { kinds: timelineKinds }),
  },
  {
    method: 'GET',
    path: '/sluice/v1/connectors/{c}/timeline/live',
    streams: true,
    run: async (call, connector) => live(call, { connector, kinds: timelineKinds }),
  },
  {
    method: 'GET',
    path: '/sluice/v1/connectors/{c}/logs/live',
    streams: true,
    run: async (call, connector) => live(call, { connector, kinds: logKinds }),
  },
  {
    method: 'GET',
    path: '/sluice/v1/connectors/{c}/timeline',
    run: async ({ herder, query }, connector) =>
      ok(await herder.events(eventQueryOf(query, { connector, kinds: timelineKinds }))),
  },
  {
    method: 'GET',
    path: '/sluice/v1/connectors/{c}/logs',
    run: async ({ herder, query }, connector) =>
      ok(await herder.events(eventQueryOf(query, { connector, kinds: logKinds }))),
  },
  {
    method: 'GET',
    path: '/sluice/v1/stalls',
    run: async ({ herder }) => ok((await herder.stalls()).map(json.stall.write)),
  },
  { method: 'GET', path: '/sluice/v1/taskless', run: async ({ herder }) => ok(await herder.taskless()) },
  { method: 'GET', path: '/sluice/v1/throughput', run: async ({ herder }) => ok(await herder.throughput()) },
  { method: 'GET', path: '/sluice/v1/logs', run: async ({ herder, query }) => ok(await herder.logs(logQuery(query))) },
  {
    method: 'PUT',
    path: '/sluice/v1/connector-plugins/{c}/config/validate',
    async run({ herder, body }, plugin) {
      const config = bodies.readConfig(body)
      checkIncludedType(config['connector.class'], plugin)
      return ok(json.configInfos.writeWithWarnings(await herder.validate(plugin, config)))
    },
  },
  {
    method: 'PUT',
    path: '/sluice/v1/connector-plugins/{c}/config/preview',
    async run({ herder, body }, plugin) {
      const request = readPreviewRequest(body)
      checkIncludedType(request.config['connector.class'], plugin)
      return ok(await herder.preview(plugin, request))
    },
  },
  {
    method: 'PUT',
    path: '/sluice/v1/connector-plugins/{c}/config/test',
    async run({ herder, body }, plugin) {
      const config = bodies.readConfig(body)
      checkIncludedType(config['connector.class'], plugin)
      return ok(await herder.testConnection(plugin, config))
    },
  },
  { method: 'GET', path: '/sluice/v1/plugins', run: async ({ herder }) => ok(await herder.pluginPackages()) },
  { method: 'GET', path: '/sluice/v1/catalog', run: async ({ herder }) => ok(await herder.catalog()) },
  { method: 'GET', path: '/sluice/v1/record-plugins', run: async ({ herder }) => ok(await herder.recordPlugins()) },
]

/** What happens from now on, or after the entry that the follower has seen last. */
function live(
  { herder, query, clock, lastEventId }: RouteCall,
  fixed: Pick<EventFilter, 'connector' | 'kinds'>,
): Answer {
  const filter = eventFilterOf(query, fixed)
  const after = lastSeen(lastEventId, query)
  return { status: 200, stream: (signal) => toEventStream(herder.followEvents(filter, after, signal), clock) }
}

async function leaderCannotDrain(herder: Herder): Promise<never> {
  const { workers } = await herder.cluster('statuses')
  const leader = workers.find((worker) => worker.leader)?.id ?? 'A JVM worker'
  throw new ConnectError(
    'LEADER_CANNOT_DRAIN',
    `${leader} leads the group. It is a worker of Apache Kafka Connect, which shares out the work and knows no drains.`,
  )
}
