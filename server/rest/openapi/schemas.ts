import { rebalanceCauseKinds } from '#server/contract/assignments.ts'
import { fieldTypes } from '#server/contract/config-field.ts'
import { instanceStates, logLevels, pluginTypes } from '#server/contract/connector.ts'
import { eventKinds } from '#server/contract/events.ts'
import { mostPreviewed } from '#server/contract/preview.ts'

/** A schema in JSON Schema 2020-12, which OpenAPI 3.1 takes as it is. */
export type JsonSchema = Readonly<Record<string, unknown>>

const text: JsonSchema = { type: 'string' }
const flag: JsonSchema = { type: 'boolean' }
const whole: JsonSchema = { type: 'integer' }
const time: JsonSchema = { type: 'integer', description: 'Milliseconds since the epoch.' }
const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] })
const oneOf = (values: readonly string[]): JsonSchema => ({ type: 'string', enum: [...values] })
export const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` })
export const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items })
export const mapOf = (values: JsonSchema): JsonSchema => ({ type: 'object', additionalProperties: values })

/** An object with exactly these members; those whose name ends in `?` may be missing. */
export function object(members: Readonly<Record<string, JsonSchema>>, description?: string): JsonSchema {
  const names = Object.keys(members)
  return {
    type: 'object',
    ...(description !== undefined && { description }),
    properties: Object.fromEntries(names.map((name) => [name.replace(/\?$/, ''), members[name]])),
    required: names.filter((name) => !name.endsWith('?')),
    additionalProperties: false,
  }
}

const connectorTypes = ['source', 'sink', 'unknown']
const status = {
  state: oneOf(instanceStates),
  worker_id: { type: 'string', description: 'host:port of the worker.' },
  'version?': text,
  'trace?': { type: 'string', description: 'Why it failed.' },
}

/** A value, and what a header says beside its name. */
const valueFace = {
  text: orNull(text),
  form: oneOf(['json', 'text', 'base64']),
  schema: orNull(text),
  'cut?': whole,
}

/** What the API answers and takes, in the words of Kafka Connect where it has them. */
export const schemas: Readonly<Record<string, JsonSchema>> = {
  Error: object(
    { error_code: whole, message: text },
    'Every error. The header sluice-error-code bears its stable code.',
  ),
  ServerInfo: object({ version: text, commit: text, kafka_cluster_id: text }),
  Health: object({ status: oneOf(['starting', 'healthy', 'unhealthy']), message: text }),
  Config: { ...mapOf({ type: ['string', 'null'] }), description: 'The config of a connector, flat.' },
  ConfigPatch: { ...mapOf({ type: ['string', 'null'] }), description: 'Keys to set; null removes one.' },
  CreateConnector: object({
    name: text,
    config: ref('Config'),
    'initial_state?': oneOf(['RUNNING', 'PAUSED', 'STOPPED']),
  }),
  TaskId: object({ connector: text, task: whole }),
  Connector: object({
    name: text,
    config: ref('Config'),
    tasks: listOf(ref('TaskId')),
    type: oneOf(connectorTypes),
  }),
  InstanceStatus: object(status),
  TaskStatus: object({ id: whole, ...status }),
  ConnectorStatus: object({
    name: text,
    connector: ref('InstanceStatus'),
    tasks: listOf(ref('TaskStatus')),
    type: oneOf(connectorTypes),
  }),
  Connectors: {
    description: 'The names, or with `expand` a map.',
    anyOf: [listOf(text), mapOf(object({ 'info?': ref('Connector'), 'status?': ref('ConnectorStatus') }))],
  },
  Task: object({ id: ref('TaskId'), config: ref('Config') }),
  ActiveTopics: mapOf(object({ topics: listOf(text) })),
  Offsets: object({
    offsets: listOf(
      object({
        partition: { type: ['object', 'null'] },
        offset: { type: ['object', 'null'], description: 'null: no offset.' },
      }),
    ),
  }),
  Message: object({ message: text }),
  Plugin: object({ class: text, type: oneOf(pluginTypes), 'version?': text }),
  ConfigKey: object({
    name: text,
    type: oneOf(fieldTypes),
    required: flag,
    default_value: orNull(text),
    importance: oneOf(['HIGH', 'MEDIUM', 'LOW']),
    documentation: orNull(text),
    group: orNull(text),
    order_in_group: whole,
    width: oneOf(['NONE', 'SHORT', 'MEDIUM', 'LONG']),
    display_name: text,
    dependents: listOf(text),
  }),
  ConfigInfo: object({
    definition: orNull(ref('ConfigKey')),
    value: object({
      name: text,
      value: orNull(text),
      recommended_values: listOf(text),
      errors: listOf(text),
      visible: flag,
    }),
  }),
  ConfigInfos: object({ name: text, error_count: whole, groups: listOf(text), configs: listOf(ref('ConfigInfo')) }),
  ConfigInfosWithWarnings: object({
    name: text,
    error_count: whole,
    groups: listOf(text),
    configs: listOf(ref('ConfigInfo')),
    warnings: listOf(object({ key: text, message: text, meant: orNull(text) })),
  }),
  LoggerLevel: object({ level: text, last_modified: orNull(time) }),
  SetLevel: object({ level: text }),

  Cluster: object({
    version: text,
    source: oneOf(['leader', 'statuses']),
    group_id: text,
    generation: whole,
    protocol: text,
    workers: listOf(ref('Worker')),
    drains: listOf(ref('Drain')),
    last_rebalance: orNull(object({ at: time, took_ms: whole, moved: whole, reason: text })),
    delay_ms: whole,
  }),
  Worker: object({ id: text, url: text, leader: flag, connectors: listOf(text), tasks: listOf(ref('TaskId')) }),
  Assignments: object({
    current: object({
      source: oneOf(['leader', 'statuses']),
      generation: whole,
      workers: listOf(ref('Worker')),
      rebalance: {
        ...orNull(ref('Rebalance')),
        description: 'The one that is under way, or whose work is not all up yet.',
      },
    }),
    history: listOf(ref('Rebalance')),
    older: { ...orNull(text), description: 'Where to look on for older ones, as `before`.' },
    origin: {
      ...oneOf(['topic', 'worker']),
      description: '`worker`: what the leader alone remembers, because there is no topic.',
    },
  }),
  Rebalance: object({
    'id?': { type: 'string', description: 'Its place in the events topic; not of one that is under way.' },
    at: time,
    took_ms: whole,
    generation: whole,
    rounds: whole,
    leader: text,
    causes: listOf(
      object({
        kind: oneOf([...rebalanceCauseKinds]),
        'workers?': listOf(text),
        'connectors?': listOf(text),
        'worker?': text,
        'gone?': orNull(text),
      }),
    ),
    moves: listOf(
      object({
        connector: text,
        'task?': whole,
        from: { ...orNull(text), description: 'null: it ran nowhere before.' },
        to: text,
        down_ms: { ...orNull(whole), description: 'From its stop to its running; null where one of them is missing.' },
      }),
    ),
    moves_left_out: whole,
  }),
  Recovery: object({
    connector: text,
    'task?': whole,
    worker: text,
    attempt: whole,
    attempts: whole,
    restart_at: orNull(time),
    stays: orNull(oneOf(['fatal', 'spent'])),
  }),
  Drain: object({
    worker: text,
    asked_at: time,
    state: oneOf(['draining', 'drained', 'waiting', 'absent']),
    left: whole,
    waits_for: orNull(oneOf(['worker', 'leader'])),
  }),
  TasklessConnector: object({
    connector: text,
    worker: text,
    why: oneOf(['none-made', 'failing']),
    since: time,
    reason: text,
  }),
  StalledInstance: object({
    connector: text,
    'task?': whole,
    worker: text,
    stage: text,
    since: time,
    reason: text,
    interval_ms: whole,
  }),
  TaskThroughput: object({ connector: text, task: whole, records: whole }),
  ConnectorLogLevel: object({ level: orNull(text), until: orNull(time) }),
  SetConnectorLogLevel: object({ level: text, for_seconds: { type: 'integer', minimum: 1, maximum: 86_400 } }),
  ConnectorPolicies: object({
    restart: orNull(object({ attempts: whole, backoff_ms: whole, backoff_max_ms: whole, reset_ms: whole })),
    stall: object({ interval_ms: whole }),
  }),
  LogLine: object({
    id: whole,
    at: time,
    level: oneOf(logLevels),
    worker: text,
    'connector?': text,
    'task?': whole,
    logger: text,
    message: text,
    'trace?': text,
    'code?': text,
  }),
  Event: object({
    id: { type: 'string', description: 'Its place: partition and offset in the events topic.' },
    at: time,
    kind: oneOf(eventKinds),
    level: oneOf(logLevels),
    worker: text,
    message: text,
    'connector?': text,
    'task?': whole,
    'attempt?': whole,
    'logger?': text,
    'code?': text,
    'trace?': text,
    'detail?': { type: 'object' },
  }),
  EventPage: object({
    entries: listOf(ref('Event')),
    older: { ...orNull(text), description: 'Where to look on for older ones, as `before`.' },
    origin: {
      ...oneOf(['topic', 'worker']),
      description: '`worker`: what the asked worker alone remembers, because there is no topic.',
    },
  }),
  PluginPackage: object({ name: text, version: text, folder: text, plugins: listOf(text), 'problem?': text }),
  CatalogEntry: object({
    class: text,
    type: oneOf(['source', 'sink']),
    version: text,
    title: text,
    summary: text,
    system: text,
    example: mapOf(text),
  }),
  RecordPlugin: object({
    class: text,
    type: oneOf(['transformation', 'predicate']),
    version: text,
    summary: text,
  }),
  PreviewRequest: object({
    config: ref('Config'),
    'limit?': { type: 'integer', minimum: 1, maximum: mostPreviewed, default: 20 },
    'records?': {
      ...listOf(
        object({
          'topic?': text,
          'key?': orNull(text),
          'value?': orNull(text),
          'headers?': listOf(object({ name: text, value: orNull(text) })),
          'timestamp?': orNull(time),
        }),
      ),
      description:
        'In place of records that are read. For a sink the texts are the bytes in Kafka; for a source they are JSON, with a schema where they have the envelope of the JsonConverter.',
    },
  }),
  ValueFace: object(valueFace),
  RecordFace: object({
    topic: text,
    partition: orNull(whole),
    timestamp: orNull(time),
    key: ref('ValueFace'),
    value: ref('ValueFace'),
    headers: listOf(object({ name: text, ...valueFace })),
  }),
  Preview: object({
    records: listOf(
      object({
        'origin?': text,
        outcome: oneOf(['kept', 'dropped', 'failed']),
        steps: listOf(
          object({
            name: text,
            class: text,
            outcome: oneOf(['made', 'changed', 'unchanged', 'passed', 'dropped', 'failed']),
            'record?': ref('RecordFace'),
            'error?': object({ message: text, trace: text }),
          }),
        ),
      }),
    ),
    'problem?': text,
    tolerance: oneOf(['none', 'all']),
  }),
  ConnectionTest: object({
    ok: flag,
    steps: listOf(
      object({
        title: text,
        outcome: oneOf(['passed', 'warned', 'failed', 'skipped']),
        'detail?': text,
        'hint?': text,
        'field?': text,
        ms: whole,
      }),
    ),
  }),
}
