import type { ConnectorStatus } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { EventFilter } from '#server/contract/events.ts'
import type { Herder, InternalHerder } from '#server/contract/herder.ts'
import { assignments, assignmentsQueryOf } from '#server/rest/assignments-json.ts'
import { eventFilterOf, eventQueryOf, logKinds, timelineKinds } from '#server/rest/event-query.ts'
import { lastSeen, toEventStream } from '#server/rest/event-stream.ts'
import * as json from '#server/rest/json.ts'
import { listConnectors } from '#server/rest/list-connectors.ts'
import { logQuery } from '#server/rest/log-query.ts'
import { loggerAnswer, setLevel } from '#server/rest/logger-answers.ts'
import { readPreviewRequest } from '#server/rest/preview-request.ts'
import * as bodies from '#server/rest/request-bodies.ts'
import { type Answer, noContent, ok, type Route, type RouteCall } from '#server/rest/route.ts'

const accepted: Answer = { status: 202 }

/** Java's `Boolean.valueOf`: only "true" is true. */
const isTrue = (text: string | null): boolean => text?.toLowerCase() === 'true'

/** The Kafka Connect REST API in the order of its documentation, then what only workers may ask, then our own. */
export const routes: readonly Route[] = [
  { method: 'GET', path: '/', run: async ({ herder }) => ok(json.serverInfo.write(await herder.root())) },
  { method: 'GET', path: '/health', run: async ({ herder }) => health(herder) },

  { method: 'GET', path: '/connectors', run: async ({ herder, query }) => ok(await listConnectors(herder, query)) },
  {
    method: 'POST',
    path: '/connectors',
    async run({ herder, body }) {
      const info = await herder.create(bodies.readCreateRequest(body))
      return { status: 201, body: info, created: info.name }
    },
  },
  { method: 'GET', path: '/connectors/{c}', run: async ({ herder }, c) => ok(await herder.info(c)) },
  { method: 'GET', path: '/connectors/{c}/config', run: async ({ herder }, c) => ok(await herder.config(c)) },
  {
    method: 'PUT',
    path: '/connectors/{c}/config',
    async run({ herder, body }, c) {
      const { created, info } = await herder.putConfig(c, bodies.readNamedConfig(body, c))
      return created ? { status: 201, body: info, created: info.name } : ok(info)
    },
  },
  {
    method: 'PATCH',
    path: '/connectors/{c}/config',
    run: async ({ herder, body }, c) => ok(await herder.patchConfig(c, bodies.readConfig(body))),
  },
  { method: 'GET', path: '/connectors/{c}/status', run: async ({ herder }, c) => ok(status(await herder.status(c))) },
  {
    method: 'POST',
    path: '/connectors/{c}/restart',
    async run({ herder, query }, c) {
      const includeTasks = isTrue(query.get('includeTasks'))
      const onlyFailed = isTrue(query.get('onlyFailed'))
      const planned = await herder.restart(c, { includeTasks, onlyFailed })
      return planned ? { status: 202, body: status(planned) } : noContent
    },
  },
  {
    method: 'PUT',
    path: '/connectors/{c}/pause',
    run: async ({ herder }, c) => done(accepted, herder.setTargetState(c, 'PAUSED')),
  },
  {
    method: 'PUT',
    path: '/connectors/{c}/resume',
    run: async ({ herder }, c) => done(accepted, herder.setTargetState(c, 'STARTED')),
  },
  { method: 'PUT', path: '/connectors/{c}/stop', run: async ({ herder }, c) => done(noContent, herder.stop(c)) },
  { method: 'DELETE', path: '/connectors/{c}', run: async ({ herder }, c) => done(noContent, herder.delete(c)) },

  { method: 'GET', path: '/connectors/{c}/tasks', run: async ({ herder }, c) => ok(await herder.tasks(c)) },
  {
    method: 'GET',
    path: '/connectors/{c}/tasks/{n}/status',
    run: async ({ herder }, connector, n) =>
      ok(json.taskStatus.write(await herder.taskStatus({ connector, task: Number(n) }))),
  },
  {
    method: 'POST',
    path: '/connectors/{c}/tasks/{n}/restart',
    run: async ({ herder }, connector, n) => done(noContent, herder.restartTask({ connector, task: Number(n) })),
  },

  {
    method: 'GET',
    path: '/connectors/{c}/topics',
    async run({ herder }, c) {
      const topics = await herder.activeTopics(c)
      return ok(Object.assign(Object.create(null), { [c]: { topics } }))
    },
  },
  {
    method: 'PUT',
    path: '/connectors/{c}/topics/reset',
    run: async ({ herder }, c) => done(accepted, herder.resetActiveTopics(c)),
  },

  {
    method: 'GET',
    path: '/connectors/{c}/offsets',
    run: async ({ herder }, c) => ok({ offsets: await herder.offsets(c) }),
  },
  {
    method: 'PATCH',
    path: '/connectors/{c}/offsets',
    run: async ({ herder, body }, c) => ok({ message: await herder.alterOffsets(c, bodies.readOffsets(body)) }),
  },
  {
    method: 'DELETE',
    path: '/connectors/{c}/offsets',
    run: async ({ herder }, c) => ok({ message: await herder.resetOffsets(c) }),
  },

  {
    method: 'GET',
    path: '/connector-plugins',
    run: async ({ herder, query }) => ok(await herder.plugins(isTrue(query.get('connectorsOnly') ?? 'true'))),
  },
  {
    method: 'GET',
    path: '/connector-plugins/{c}/config',
    async run({ herder, query }, plugin) {
      const keys = await herder.pluginConfig(plugin, query.get('version') ?? undefined)
      return ok(keys.map(json.configKey.write))
    },
  },
  {
    method: 'PUT',
    path: '/connector-plugins/{c}/config/validate',
    async run({ herder, body }, plugin) {
      const config = bodies.readConfig(body)
      checkIncludedType(config['connector.class'], plugin)
      return ok(json.configInfos.write(await herder.validate(plugin, config)))
    },
  },

  {
    method: 'GET',
    path: '/admin/loggers',
    kind: 'admin',
    run: async ({ herder }) => ok(json.mapValues(await herder.loggers(), json.loggerLevel.write)),
  },
  {
    method: 'GET',
    path: '/admin/loggers/{c}',
    kind: 'admin',
    run: async ({ herder }, name) => loggerAnswer(herder, name),
  },
  { method: 'PUT', path: '/admin/loggers/{c}', kind: 'admin', run: setLevel },

  {
    method: 'POST',
    path: '/connectors/{c}/tasks',
    kind: 'internal',
    check: bodies.checkTaskConfigs,
    run: async ({ internal, body }, c) =>
      done(
        noContent,
        known(internal, 'externally setting task configurations').acceptTaskConfigs(c, bodies.readTaskConfigs(body)),
      ),
  },
  {
    method: 'PUT',
    path: '/connectors/{c}/fence',
    kind: 'internal',
    run: async ({ internal }, c) => done(noContent, known(internal, 'exactly-once source connectors').fenceZombies(c)),
  },

  {
    method: 'GET',
    path: '/metrics',
    async run({ metrics }) {
      if (!metrics) throw new ConnectError('ROUTE_NOT_FOUND', 'HTTP 404 Not Found')
      return { status: 200, text: { type: 'text/plain; version=0.0.4; charset=utf-8', text: metrics() } }
    },
  },
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
    withoutLeader: async ({ herder, version }) => ok(json.clusterView.write(await herder.cluster('statuses'), version)),
    run: async ({ herder, version }) => ok(json.clusterView.write(await herder.cluster(), version)),
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
]

async function done(answer: Answer, work: Promise<unknown>): Promise<Answer> {
  await work
  return answer
}

const status = (value: ConnectorStatus) => json.connectorStatus.write(value)

/** What happens from now on, or after the entry that the follower has seen last. */
function live(
  { herder, query, clock, lastEventId }: RouteCall,
  fixed: Pick<EventFilter, 'connector' | 'kinds'>,
): Answer {
  const filter = eventFilterOf(query, fixed)
  const after = lastSeen(lastEventId, query)
  return { status: 200, stream: (signal) => toEventStream(herder.followEvents(filter, after, signal), clock) }
}

async function health(herder: Herder): Promise<Answer> {
  const answer = await herder.health()
  return { status: { healthy: 200, starting: 503, unhealthy: 500 }[answer.status], body: answer }
}

async function leaderCannotDrain(herder: Herder): Promise<never> {
  const { workers } = await herder.cluster('statuses')
  const leader = workers.find((worker) => worker.leader)?.id ?? 'A JVM worker'
  throw new ConnectError(
    'LEADER_CANNOT_DRAIN',
    `${leader} leads the group. It is a worker of Apache Kafka Connect, which shares out the work and knows no drains.`,
  )
}

/** Kafka: `ConnectorPluginsResource.validateConfigs`; the suffix "Connector" counts on neither side. */
function checkIncludedType(included: string | null | undefined, requested: string): void {
  const normal = (name: string) => name.replace(/Connector$/, '')
  if (typeof included === 'string' && !normal(included).endsWith(normal(requested))) {
    throw new ConnectError(
      'BAD_REQUEST',
      `Included connector type ${included} does not match request type ${requested}`,
    )
  }
}

function known(internal: InternalHerder | undefined, what: string): InternalHerder {
  if (internal) return internal
  throw new ConnectError('UNSUPPORTED', `Kafka Connect in standalone mode does not support ${what}.`)
}
