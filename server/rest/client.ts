import type { ConnectionTest } from '#server/contract/connection-test.ts'
import type {
  ConnectorConfig,
  ConnectorInfo,
  ConnectorOffset,
  Health,
  LogLine,
  PluginInfo,
  PluginPackage,
  TaskInfo,
  TasklessConnector,
  TaskThroughput,
} from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { EventFilter, EventPage } from '#server/contract/events.ts'
import type { CatalogEntry, Herder, LogQuery, RecordPluginEntry } from '#server/contract/herder.ts'
import type { Peers, SignRequest } from '#server/contract/peers.ts'
import type { Preview } from '#server/contract/preview.ts'
import { assignments, assignmentsParams } from '#server/rest/assignments-json.ts'
import { eventParams, logKinds } from '#server/rest/event-query.ts'
import { followEvents } from '#server/rest/follow-events.ts'
import { createHttpCall, type HttpCall, type HttpCallOptions, sendRequest } from '#server/rest/http-call.ts'
import * as json from '#server/rest/json.ts'
import { toJson } from '#server/rest/json-text.ts'
import { ALGORITHM_HEADER, SIGNATURE_HEADER } from '#server/rest/signature.ts'
import { type Fetch, workerFetch } from '#server/rest/worker-fetch.ts'

/**
 * A cluster over its REST API. Several worker URLs are tried in order. What only Sluice offers is answered with
 * `UNSUPPORTED` by a JVM Connect cluster, so that a console shows it as absent.
 */
export function createRestClient(urls: readonly string[], options: HttpCallOptions = {}): Herder {
  const call = createHttpCall(urls, options)
  const get = async <Json>(path: string): Promise<Json> => (await call('GET', path)).json as Json
  /** Whether validate answers come with warnings; a JVM cluster is asked once. */
  let warns = true
  const at = (connector: string, rest = '') => `/connectors/${encodeURIComponent(connector)}${rest}`

  return {
    root: async () => json.serverInfo.read(await get('/')),
    health: () => get<Health>('/health'),

    list: () => get<string[]>('/connectors'),
    async listExpanded() {
      // Asked for together, a connector that has no status yet would be missing.
      const [infos, statuses] = await Promise.all([
        get<Record<string, { info: ConnectorInfo }>>('/connectors?expand=info'),
        get<Record<string, { status: ConnectorStatusJson }>>('/connectors?expand=status'),
      ])
      return Object.entries(infos).map(([name, { info }]) => {
        const found = statuses[name]?.status
        return { name, info, status: found ? json.connectorStatus.read(found) : null }
      })
    },
    info: (connector) => get<ConnectorInfo>(at(connector)),
    config: (connector) => get<ConnectorConfig>(at(connector, '/config')),
    status: async (connector) => json.connectorStatus.read(await get(at(connector, '/status'))),
    async create({ name, config, initialState }) {
      const state = initialState === 'STARTED' ? 'RUNNING' : initialState
      const body = { name, config, ...(state !== undefined && { initial_state: state }) }
      return (await call('POST', '/connectors', body)).json as ConnectorInfo
    },
    async putConfig(connector, config) {
      const answer = await call('PUT', at(connector, '/config'), config)
      return { created: answer.status === 201, info: answer.json as ConnectorInfo }
    },
    patchConfig: async (connector, patch) =>
      (await call('PATCH', at(connector, '/config'), patch)).json as ConnectorInfo,
    delete: (connector) => ignoring(call('DELETE', at(connector))),
    setTargetState: (connector, target) =>
      ignoring(call('PUT', at(connector, target === 'PAUSED' ? '/pause' : '/resume'))),
    stop: (connector) => ignoring(call('PUT', at(connector, '/stop'))),
    async restart(connector, { includeTasks, onlyFailed }) {
      const path = at(connector, `/restart?includeTasks=${includeTasks}&onlyFailed=${onlyFailed}`)
      const answer = (await call('POST', path)).json
      return answer === undefined ? undefined : json.connectorStatus.read(answer as ConnectorStatusJson)
    },

    tasks: (connector) => get<TaskInfo[]>(at(connector, '/tasks')),
    taskStatus: async ({ connector, task }) => json.taskStatus.read(await get(at(connector, `/tasks/${task}/status`))),
    restartTask: ({ connector, task }) => ignoring(call('POST', at(connector, `/tasks/${task}/restart`))),

    async activeTopics(connector) {
      const answer = await get<Record<string, { topics: string[] }>>(at(connector, '/topics'))
      return answer[connector]?.topics ?? []
    },
    resetActiveTopics: (connector) => ignoring(call('PUT', at(connector, '/topics/reset'))),

    offsets: async (connector) => (await get<{ offsets: ConnectorOffset[] }>(at(connector, '/offsets'))).offsets,
    alterOffsets: (connector, offsets) => message(call('PATCH', at(connector, '/offsets'), { offsets })),
    resetOffsets: (connector) => message(call('DELETE', at(connector, '/offsets'))),

    plugins: (connectorsOnly) => get<PluginInfo[]>(`/connector-plugins?connectorsOnly=${connectorsOnly}`),
    async pluginConfig(plugin, version) {
      const query = version === undefined ? '' : `?version=${encodeURIComponent(version)}`
      const keys = await get<ConfigKeyJson[]>(`/connector-plugins/${encodeURIComponent(plugin)}/config${query}`)
      return keys.map(json.configKey.read)
    },
    async validate(plugin, config) {
      const path = `/connector-plugins/${encodeURIComponent(plugin)}/config/validate`
      const answer = warns ? await warned(call('PUT', `/sluice/v1${path}`, config)) : undefined
      warns = answer !== undefined
      return json.configInfos.read((answer ?? (await call('PUT', path, config))).json as ConfigInfosJson)
    },

    async preview(plugin, request) {
      const path = `/sluice/v1/connector-plugins/${encodeURIComponent(plugin)}/config/preview`
      return own<Preview>(call, path, 'PUT', request)
    },
    async testConnection(plugin, config) {
      const path = `/sluice/v1/connector-plugins/${encodeURIComponent(plugin)}/config/test`
      return own<ConnectionTest>(call, path, 'PUT', config)
    },

    loggers: async () => json.mapValues(await get<Record<string, LoggerJson>>('/admin/loggers'), json.loggerLevel.read),
    async setLogLevel(logger, level, scope) {
      const answer = await call('PUT', `/admin/loggers/${encodeURIComponent(logger)}?scope=${scope}`, { level })
      return (answer.json as string[] | undefined) ?? []
    },

    cluster: async () => json.clusterView.read(await own(call, '/sluice/v1/cluster')),
    assignments: async (query) =>
      assignments.read(await own(call, `/sluice/v1/assignments?${assignmentsParams(query)}`)),
    drain: async (worker) => json.drain.read(await own(call, drainPath(worker), 'POST')),
    undrain: async (worker) => void (await own(call, drainPath(worker), 'DELETE')),
    logs: (query) => own<LogLine[]>(call, `/sluice/v1/logs?${logParams(query)}`),
    followEvents: (filter, after, signal) =>
      followEvents(urls, `${eventPath(filter)}/live?${eventParams(filter)}`, after, {
        signal,
        headers: options.headers,
      }),
    events: (query) => own<EventPage>(call, `${eventPath(query)}?${eventParams(query)}`),
    connectorLogLevel: async (connector) =>
      json.connectorLogLevel.read(await own(call, `/sluice/v1${at(connector, '/log-level')}`)),
    async setConnectorLogLevel(connector, set) {
      const path = `/sluice/v1${at(connector, '/log-level')}`
      const body = set && { level: set.level, for_seconds: set.forSeconds }
      if (body) return json.connectorLogLevel.read(await own<ConnectorLogLevelJson>(call, path, 'PUT', body))
      await own(call, path, 'DELETE')
      return null
    },
    policies: async (connector) => json.policies.read(await own(call, `/sluice/v1${at(connector, '/policies')}`)),
    stalls: async () => (await own<StallJson[]>(call, '/sluice/v1/stalls')).map(json.stall.read),
    taskless: () => own<TasklessConnector[]>(call, '/sluice/v1/taskless'),
    throughput: () => own<TaskThroughput[]>(call, '/sluice/v1/throughput'),
    recoveries: async () => (await own<RecoveryJson[]>(call, '/sluice/v1/recoveries')).map(json.recovery.read),
    pluginPackages: () => own<PluginPackage[]>(call, '/sluice/v1/plugins'),
    catalog: () => own<CatalogEntry[]>(call, '/sluice/v1/catalog'),
    recordPlugins: () => own<RecordPluginEntry[]>(call, '/sluice/v1/record-plugins'),
  }
}

type ConnectorStatusJson = Parameters<typeof json.connectorStatus.read>[0]
type ConfigKeyJson = Parameters<typeof json.configKey.read>[0]
type ConfigInfosJson = Parameters<typeof json.configInfos.read>[0]
type RecoveryJson = Parameters<typeof json.recovery.read>[0]
type ConnectorLogLevelJson = Parameters<typeof json.connectorLogLevel.read>[0]
type StallJson = Parameters<typeof json.stall.read>[0]
type LoggerJson = Parameters<typeof json.loggerLevel.read>[0]

/** Undefined where nobody knows the route. */
async function warned(answer: ReturnType<HttpCall>): Promise<Awaited<ReturnType<HttpCall>> | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ConnectError && error.code === 'ROUTE_NOT_FOUND') return undefined
    throw error
  }
}

const ignoring = async (call: Promise<unknown>): Promise<void> => {
  await call
}

const message = async (call: ReturnType<HttpCall>): Promise<string> =>
  ((await call).json as { message: string }).message

/** What lies under /sluice/v1 exists on Sluice workers alone. */
async function own<Json>(call: HttpCall, path: string, method = 'GET', body?: unknown): Promise<Json> {
  try {
    return (await call(method, path, body)).json as Json
  } catch (error) {
    if (!(error instanceof ConnectError) || error.code !== 'ROUTE_NOT_FOUND') throw error
    throw new ConnectError('UNSUPPORTED', 'This cluster does not offer this: it is not run by Sluice.', {
      cause: error,
    })
  }
}

/** Logs are asked for apart from the rest. */
function eventPath({ connector, kinds }: EventFilter): string {
  if (connector === undefined) return '/sluice/v1/timeline'
  const isLog = kinds?.every((kind) => logKinds.includes(kind)) ?? false
  return `/sluice/v1/connectors/${encodeURIComponent(connector)}/${isLog ? 'logs' : 'timeline'}`
}

const drainPath = (worker: string) => `/sluice/v1/workers/${encodeURIComponent(worker)}/drain`

function logParams({ connector, task, level, after, limit }: LogQuery): URLSearchParams {
  const params = new URLSearchParams({ limit: String(limit) })
  if (connector !== undefined) params.set('connector', connector)
  if (task !== undefined) params.set('task', String(task))
  if (level !== undefined) params.set('level', level)
  if (after !== undefined) params.set('after', String(after))
  return params
}

/** Signed calls from a worker to its leader, over HTTP; `reach` knows how to do that over TLS. */
export function createPeers(reach: Fetch = workerFetch): Peers {
  const callLeader = leaderCall(reach)
  return {
    submitTaskConfigs: (leaderUrl, connector, tasks, sign, signal) =>
      callLeader(leaderUrl, 'POST', connector, '/tasks', new TextEncoder().encode(toJson(tasks)), sign, signal),
    fenceZombies: (leaderUrl, connector, sign, signal) =>
      callLeader(leaderUrl, 'PUT', connector, '/fence', new Uint8Array(0), sign, signal),
  }
}

const leaderCall =
  (reach: Fetch) =>
  async (
    leaderUrl: string,
    method: string,
    connector: string,
    path: string,
    body: Uint8Array<ArrayBuffer>,
    sign: SignRequest,
    signal: AbortSignal,
  ): Promise<void> => {
    const signed = sign(body)
    const headers: Record<string, string> = {}
    if (signed) {
      headers[SIGNATURE_HEADER] = signed.signature
      headers[ALGORITHM_HEADER] = signed.algorithm
    }
    const url = `${leaderUrl.replace(/\/+$/, '')}/connectors/${encodeURIComponent(connector)}${path}`
    try {
      await sendRequest(url, { method, headers, body, signal }, reach)
    } catch (error) {
      if (error instanceof ConnectError || signal.aborted) throw error
      throw new ConnectError('WORKER_UNREACHABLE', `The leader did not answer at ${leaderUrl}.`, { cause: error })
    }
  }
