import { eventKinds } from '#server/contract/events.ts'
import { type JsonSchema, listOf, mapOf, ref } from '#server/rest/openapi/schemas.ts'
import { type Limit, listLimits } from '#server/rest/query-values.ts'

/** One request of the API, as its document tells of it. */
export interface Operation {
  /** A name that is used once, for clients that are generated. */
  id: string
  summary: string
  /** What the parts of the path in braces are, in their order. */
  path?: readonly string[]
  query?: readonly QueryParameter[]
  body?: JsonSchema
  /** What is answered when it works, by status; null: no body. */
  answers: Readonly<Record<number, JsonSchema | null>>
  /** In place of JSON. */
  type?: string
}

export interface QueryParameter {
  name: string
  description: string
  schema: JsonSchema
}

const flag: JsonSchema = { type: 'boolean', default: false }
const count: JsonSchema = { type: 'integer', minimum: 0 }
const text: JsonSchema = { type: 'string' }
const limitParameter = ({ usual, most }: Limit): QueryParameter => ({
  name: 'limit',
  description: 'At most so many of the newest.',
  schema: { type: 'integer', minimum: 1, maximum: most, default: usual },
})
/** The query of `timeline` and `logs`. */
const eventFilter: readonly QueryParameter[] = [
  { name: 'kind', description: 'Of these kinds.', schema: listOf({ type: 'string', enum: [...eventKinds] }) },
  { name: 'level', description: 'This level and worse.', schema: text },
  { name: 'text', description: 'Stands in the message, the trace or the logger, in any letter case.', schema: text },
  { name: 'task', description: 'Of this task.', schema: count },
  { name: 'worker', description: 'Said by this worker.', schema: text },
  { name: 'attempt', description: 'Of this start of the task.', schema: count },
  { name: 'since', description: 'Not before, in milliseconds since the epoch.', schema: count },
  { name: 'until', description: 'Before.', schema: count },
  limitParameter(listLimits.events),
  { name: 'before', description: 'The `older` of another page.', schema: text },
]
/** The same of what is followed. */
const liveFilter: readonly QueryParameter[] = [
  ...eventFilter.filter(({ name }) => name !== 'limit' && name !== 'before'),
  { name: 'after', description: 'The id of an entry: what came after it is told first.', schema: text },
]
const connector = ['connector']
const plugin = ['plugin']

/**
 * Every route but those between workers, under `METHOD path` as the table of routes writes it. A test keeps the two tables
 * equal, another holds the answers of a running worker against this one.
 */
export const operations: Readonly<Record<string, Operation>> = {
  'GET /': { id: 'serverInfo', summary: 'Version, and the Kafka cluster.', answers: { 200: ref('ServerInfo') } },
  'GET /health': {
    id: 'health',
    summary: 'Whether the worker is ready: 503 while it starts, 500 when it is unhealthy.',
    answers: { 200: ref('Health'), 500: ref('Health'), 503: ref('Health') },
  },
  'GET /connectors': {
    id: 'listConnectors',
    summary: 'All connectors.',
    query: [
      {
        name: 'expand',
        description: 'Answers a map with the info, the status, or both.',
        schema: listOf({ type: 'string', enum: ['info', 'status'] }),
      },
    ],
    answers: { 200: ref('Connectors') },
  },
  'POST /connectors': {
    id: 'createConnector',
    summary: 'Creates a connector.',
    body: ref('CreateConnector'),
    answers: { 201: ref('Connector') },
  },
  'GET /connectors/{c}': {
    id: 'getConnector',
    summary: 'A connector, its config and its tasks.',
    path: connector,
    answers: { 200: ref('Connector') },
  },
  'GET /connectors/{c}/config': {
    id: 'getConfig',
    summary: 'The config, placeholders unresolved.',
    path: connector,
    answers: { 200: ref('Config') },
  },
  'PUT /connectors/{c}/config': {
    id: 'putConfig',
    summary: 'Replaces the config, or creates the connector.',
    path: connector,
    body: ref('Config'),
    answers: { 200: ref('Connector'), 201: ref('Connector') },
  },
  'PATCH /connectors/{c}/config': {
    id: 'patchConfig',
    summary: 'Changes single keys of the config (JSON merge patch).',
    path: connector,
    body: ref('ConfigPatch'),
    answers: { 200: ref('Connector') },
  },
  'GET /connectors/{c}/status': {
    id: 'getStatus',
    summary: 'The state of the connector and of its tasks.',
    path: connector,
    answers: { 200: ref('ConnectorStatus') },
  },
  'POST /connectors/{c}/restart': {
    id: 'restartConnector',
    summary: 'Restarts the connector, with its tasks where that is asked for.',
    path: connector,
    query: [
      { name: 'includeTasks', description: 'Also its tasks.', schema: flag },
      { name: 'onlyFailed', description: 'Only what failed.', schema: flag },
    ],
    answers: { 202: ref('ConnectorStatus'), 204: null },
  },
  'PUT /connectors/{c}/pause': {
    id: 'pauseConnector',
    summary: 'Pauses the connector and its tasks.',
    path: connector,
    answers: { 202: null },
  },
  'PUT /connectors/{c}/resume': {
    id: 'resumeConnector',
    summary: 'Ends a pause or a stop.',
    path: connector,
    answers: { 202: null },
  },
  'PUT /connectors/{c}/stop': {
    id: 'stopConnector',
    summary: 'Stops the connector and releases its tasks.',
    path: connector,
    answers: { 204: null },
  },
  'DELETE /connectors/{c}': {
    id: 'deleteConnector',
    summary: 'Deletes the connector. Its offsets stay.',
    path: connector,
    answers: { 204: null },
  },
  'GET /connectors/{c}/tasks': {
    id: 'listTasks',
    summary: 'The tasks and their configs.',
    path: connector,
    answers: { 200: listOf(ref('Task')) },
  },
  'GET /connectors/{c}/tasks/{n}/status': {
    id: 'getTaskStatus',
    summary: 'The state of a task.',
    path: ['connector', 'task'],
    answers: { 200: ref('TaskStatus') },
  },
  'POST /connectors/{c}/tasks/{n}/restart': {
    id: 'restartTask',
    summary: 'Restarts a task.',
    path: ['connector', 'task'],
    answers: { 204: null },
  },
  'GET /connectors/{c}/topics': {
    id: 'getActiveTopics',
    summary: 'The topics that the connector has used.',
    path: connector,
    answers: { 200: ref('ActiveTopics') },
  },
  'PUT /connectors/{c}/topics/reset': {
    id: 'resetActiveTopics',
    summary: 'Forgets them.',
    path: connector,
    answers: { 202: null },
  },
  'GET /connectors/{c}/offsets': {
    id: 'getOffsets',
    summary: 'The offsets that are committed.',
    path: connector,
    answers: { 200: ref('Offsets') },
  },
  'PATCH /connectors/{c}/offsets': {
    id: 'alterOffsets',
    summary: 'Sets offsets of a stopped connector.',
    path: connector,
    body: ref('Offsets'),
    answers: { 200: ref('Message') },
  },
  'DELETE /connectors/{c}/offsets': {
    id: 'resetOffsets',
    summary: 'Forgets the offsets of a stopped connector.',
    path: connector,
    answers: { 200: ref('Message') },
  },
  'GET /connector-plugins': {
    id: 'listPlugins',
    summary: 'The plugins.',
    query: [{ name: 'connectorsOnly', description: 'Connectors alone.', schema: { type: 'boolean', default: true } }],
    answers: { 200: listOf(ref('Plugin')) },
  },
  'GET /connector-plugins/{c}/config': {
    id: 'getPluginConfig',
    summary: 'The keys of a plugin.',
    path: plugin,
    query: [{ name: 'version', description: 'A version, or a range of them.', schema: text }],
    answers: { 200: listOf(ref('ConfigKey')) },
  },
  'PUT /connector-plugins/{c}/config/validate': {
    id: 'validateConfig',
    summary: 'What is wrong with a config, key by key.',
    path: plugin,
    body: ref('Config'),
    answers: { 200: ref('ConfigInfos') },
  },
  'GET /admin/loggers': {
    id: 'listLoggers',
    summary: 'The loggers whose level is known.',
    answers: { 200: mapOf(ref('LoggerLevel')) },
  },
  'GET /admin/loggers/{c}': {
    id: 'getLogger',
    summary: 'The level of a logger.',
    path: ['logger'],
    answers: { 200: ref('LoggerLevel') },
  },
  'PUT /admin/loggers/{c}': {
    id: 'setLogger',
    summary: 'Sets the level of a logger and of those beneath it.',
    path: ['logger'],
    query: [
      {
        name: 'scope',
        description: '`worker`: on this one. `cluster`: on all.',
        schema: { type: 'string', enum: ['worker', 'cluster'], default: 'worker' },
      },
    ],
    body: ref('SetLevel'),
    answers: { 200: listOf(text), 204: null },
  },
  'GET /metrics': {
    id: 'metrics',
    summary: "The worker's metrics, for Prometheus.",
    answers: { 200: text },
    type: 'text/plain',
  },

  'GET /sluice/v1/openapi.json': {
    id: 'openApi',
    summary: 'This document.',
    answers: { 200: { type: 'object' } },
  },
  'GET /sluice/v1/cluster': {
    id: 'getCluster',
    summary: 'The workers, and what each of them runs.',
    answers: { 200: ref('Cluster') },
  },
  'GET /sluice/v1/assignments': {
    id: 'getAssignments',
    summary: 'Who runs what, and the rebalances by which it came to be so, newest first.',
    query: [
      { name: 'connector', description: 'Rebalances that moved something of this connector.', schema: text },
      {
        name: 'worker',
        description: 'Rebalances that moved something from or to this worker, or came of it.',
        schema: text,
      },
      limitParameter(listLimits.assignments),
      { name: 'before', description: 'The `older` of another page.', schema: text },
    ],
    answers: { 200: ref('Assignments') },
  },
  'GET /sluice/v1/recoveries': {
    id: 'listRecoveries',
    summary: 'What this worker does about what failed on it.',
    answers: { 200: listOf(ref('Recovery')) },
  },
  'POST /sluice/v1/workers/{c}/drain': {
    id: 'drainWorker',
    summary: 'Hands over what a worker runs, piece by piece, and gives it nothing until it is put back.',
    path: ['worker'],
    answers: { 202: ref('Drain') },
  },
  'DELETE /sluice/v1/workers/{c}/drain': {
    id: 'undrainWorker',
    summary: 'Lets a drained worker take work again.',
    path: ['worker'],
    answers: { 204: null },
  },
  'GET /sluice/v1/stalls': {
    id: 'listStalls',
    summary: 'The connectors and tasks of this worker that show no progress.',
    answers: { 200: listOf(ref('StalledInstance')) },
  },
  'GET /sluice/v1/taskless': {
    id: 'listTaskless',
    summary: 'The connectors of this worker that run and have no tasks, and why.',
    answers: { 200: listOf(ref('TasklessConnector')) },
  },
  'GET /sluice/v1/throughput': {
    id: 'listThroughput',
    summary:
      'How many records each task of this worker has moved since it runs there; the difference of two answers is a rate.',
    answers: { 200: listOf(ref('TaskThroughput')) },
  },
  'GET /sluice/v1/connectors/{c}/log-level': {
    id: 'getConnectorLogLevel',
    summary: 'What is logged of a connector for now; nulls: what its loggers say.',
    path: connector,
    answers: { 200: ref('ConnectorLogLevel') },
  },
  'PUT /sluice/v1/connectors/{c}/log-level': {
    id: 'setConnectorLogLevel',
    summary: 'Sets what is logged of a connector, on every worker, for a while.',
    path: connector,
    body: ref('SetConnectorLogLevel'),
    answers: { 200: ref('ConnectorLogLevel') },
  },
  'DELETE /sluice/v1/connectors/{c}/log-level': {
    id: 'resetConnectorLogLevel',
    summary: 'Logs of a connector what its loggers say again.',
    path: connector,
    answers: { 204: null },
  },
  'GET /sluice/v1/connectors/{c}/policies': {
    id: 'getConnectorPolicies',
    summary: 'What is done by itself about a connector, by its config and the worker that answers.',
    path: connector,
    answers: { 200: ref('ConnectorPolicies') },
  },
  'GET /sluice/v1/timeline': {
    id: 'getTimeline',
    summary: 'What happened in the group, oldest first.',
    query: eventFilter,
    answers: { 200: ref('EventPage') },
  },
  'GET /sluice/v1/timeline/live': {
    id: 'followTimeline',
    summary: 'What happens in the group from now on, or after the entry in `Last-Event-ID`.',
    query: liveFilter,
    answers: { 200: text },
    type: 'text/event-stream',
  },
  'GET /sluice/v1/connectors/{c}/timeline/live': {
    id: 'followConnectorTimeline',
    summary: 'The same of one connector.',
    path: connector,
    query: liveFilter,
    answers: { 200: text },
    type: 'text/event-stream',
  },
  'GET /sluice/v1/connectors/{c}/logs/live': {
    id: 'followConnectorLogs',
    summary: 'What a connector and its tasks log from now on, or after the entry in `Last-Event-ID`.',
    path: connector,
    query: liveFilter,
    answers: { 200: text },
    type: 'text/event-stream',
  },
  'GET /sluice/v1/connectors/{c}/timeline': {
    id: 'getConnectorTimeline',
    summary: 'What happened to a connector, oldest first.',
    path: connector,
    query: eventFilter,
    answers: { 200: ref('EventPage') },
  },
  'GET /sluice/v1/connectors/{c}/logs': {
    id: 'getConnectorLogs',
    summary: 'What a connector and its tasks logged, on whatever worker, oldest first.',
    path: connector,
    query: eventFilter,
    answers: { 200: ref('EventPage') },
  },
  'GET /sluice/v1/logs': {
    id: 'getLogs',
    summary: 'Log lines that this worker remembers, oldest first.',
    query: [
      { name: 'connector', description: 'Of this connector.', schema: text },
      { name: 'task', description: 'Of this task.', schema: count },
      { name: 'level', description: 'This level and worse.', schema: text },
      { name: 'after', description: 'Behind this id.', schema: count },
      limitParameter(listLimits.logs),
    ],
    answers: { 200: listOf(ref('LogLine')) },
  },
  'PUT /sluice/v1/connector-plugins/{c}/config/validate': {
    id: 'validateConfigWithWarnings',
    summary: 'As the validation of Kafka Connect, with warnings beside it.',
    path: plugin,
    body: ref('Config'),
    answers: { 200: ref('ConfigInfosWithWarnings') },
  },
  'PUT /sluice/v1/connector-plugins/{c}/config/preview': {
    id: 'previewConfig',
    summary: 'What a config makes of some records, step by step. Nothing is written.',
    path: plugin,
    body: ref('PreviewRequest'),
    answers: { 200: ref('Preview') },
  },
  'PUT /sluice/v1/connector-plugins/{c}/config/test': {
    id: 'testConnection',
    summary: 'Whether a config could work, tried from this worker step by step, without side effects.',
    path: plugin,
    body: ref('Config'),
    answers: { 200: ref('ConnectionTest') },
  },
  'GET /sluice/v1/plugins': {
    id: 'listPluginPackages',
    summary: 'The packages on plugin.path, usable or not.',
    answers: { 200: listOf(ref('PluginPackage')) },
  },
  'GET /sluice/v1/catalog': {
    id: 'getCatalog',
    summary: 'What the connectors say of themselves.',
    answers: { 200: listOf(ref('CatalogEntry')) },
  },
  'GET /sluice/v1/record-plugins': {
    id: 'listRecordPlugins',
    summary: 'The transforms and predicates that a config can name, and what each does.',
    answers: { 200: listOf(ref('RecordPlugin')) },
  },
}
