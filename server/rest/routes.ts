import type { ConnectorStatus } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { Herder, InternalHerder } from '#server/contract/herder.ts'
import { checkIncludedType } from '#server/rest/included-type.ts'
import * as json from '#server/rest/json.ts'
import { listConnectors } from '#server/rest/list-connectors.ts'
import { loggerAnswer, setLevel } from '#server/rest/logger-answers.ts'
import { ownRoutes } from '#server/rest/own-routes.ts'
import * as bodies from '#server/rest/request-bodies.ts'
import { type Answer, done, noContent, ok, type Route } from '#server/rest/route.ts'

const accepted: Answer = { status: 202 }

/** Java's `Boolean.valueOf`: only "true" is true. */
const isTrue = (text: string | null): boolean => text?.toLowerCase() === 'true'

/** The Kafka Connect REST API in the order of its documentation, then what only workers may ask, metrics, and our own. */
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
  ...ownRoutes,
]

const status = (value: ConnectorStatus) => json.connectorStatus.write(value)

async function health(herder: Herder): Promise<Answer> {
  const answer = await herder.health()
  return { status: { healthy: 200, starting: 503, unhealthy: 500 }[answer.status], body: answer }
}

function known(internal: InternalHerder | undefined, what: string): InternalHerder {
  if (internal) return internal
  throw new ConnectError('UNSUPPORTED', `Kafka Connect in standalone mode does not support ${what}.`)
}
