/**
 * Every error that a door may show: a stable code, the HTTP status of the Kafka Connect REST API, and what to do next.
 * `docs/errors.md` is printed from this table.
 */
export const errorCatalog = {
  CONNECTOR_NOT_FOUND: { status: 404, hint: 'List the connectors with GET /connectors.' },
  CONNECTOR_EXISTS: { status: 409, hint: 'Change it with PUT /connectors/{name}/config, or choose another name.' },
  CONFIG_CHANGED: { status: 409, hint: 'Look at the config as it is now, then apply your change again.' },
  CLUSTER_NOT_FOUND: { status: 404, hint: 'Choose one of the clusters that the console knows.' },
  TASK_NOT_FOUND: { status: 404, hint: 'List the tasks with GET /connectors/{name}/tasks.' },
  STATUS_NOT_FOUND: { status: 404, hint: 'The connector may just have been created: ask again in a moment.' },
  PLUGIN_NOT_FOUND: { status: 404, hint: 'List the plugins with GET /connector-plugins?connectorsOnly=false.' },
  WORKER_NOT_FOUND: { status: 404, hint: 'List the workers with GET /sluice/v1/cluster, or `sluice workers`.' },
  DRAIN_NOT_FOUND: { status: 404, hint: 'GET /sluice/v1/cluster lists the workers that are drained.' },
  NOWHERE_TO_DRAIN: { status: 409, hint: 'Add a worker, or put a drained one back, and ask again.' },
  LEADER_CANNOT_DRAIN: {
    status: 409,
    hint: 'Stop the JVM worker that leads, or drain by stopping: a worker that is stopped hands its work over.',
  },
  LOGGER_NOT_FOUND: { status: 404, hint: 'List the loggers with GET /admin/loggers.' },
  TOPIC_NOT_FOUND: {
    status: 404,
    hint: 'Check the name on the topics page; a connector creates its topic with its first record.',
  },
  ROUTE_NOT_FOUND: { status: 404, hint: 'The routes are those of the Kafka Connect REST API and /sluice/v1.' },
  METHOD_NOT_ALLOWED: { status: 405, hint: 'OPTIONS on the same path lists the methods.' },
  CONFIG_INVALID: { status: 400, hint: 'Fix the fields listed in `problems`.' },
  BAD_REQUEST: { status: 400, hint: 'Correct the request as the message says.' },
  BODY_INVALID: {
    status: 500,
    hint: 'Send a JSON object; Kafka Connect answers 500 for a malformed body, and so do we.',
  },
  CONFIG_TOO_LARGE: {
    status: 400,
    hint: 'Keep long texts out of the config, in a file or a config provider; or raise max.message.bytes of the config topic.',
  },
  BODY_TOO_LARGE: { status: 413, hint: 'Send a smaller body.' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, hint: 'Send the header Content-Type: application/json.' },
  ORIGIN_REFUSED: {
    status: 403,
    hint: 'Call from the same host, or allow the origin with access.control.allow.origin.',
  },
  TOPIC_TRACKING_DISABLED: { status: 403, hint: 'Set topic.tracking.enable=true on every worker.' },
  SIGNATURE_MISSING: { status: 400, hint: 'Only workers of the group call this endpoint.' },
  SIGNATURE_INVALID: { status: 403, hint: 'Only workers of the group call this endpoint.' },
  SESSION_KEY_UNKNOWN: { status: 503, hint: 'The worker has not read the session key yet: ask again in a moment.' },
  NOT_LEADER: { status: 409, hint: 'The request was forwarded too often; ask again when the rebalance is over.' },
  REBALANCE_EXPECTED: { status: 409, hint: 'A rebalance is under way: ask again in a moment.' },
  REQUEST_TIMED_OUT: {
    status: 500,
    hint: 'The message names the stage that takes long; the request may still be carried out.',
  },
  FORWARD_FAILED: {
    status: 500,
    hint: 'The leader could not be reached: check rest.advertised.* and the network between workers.',
  },
  WORKER_STOPPING: { status: 500, hint: 'Ask another worker.' },
  WORKER_UNREACHABLE: { status: 502, hint: 'Check that a worker runs at this address.' },
  CONFIG_WRITE_FAILED: {
    status: 500,
    hint: 'The config topic could not be written; the request can be retried safely.',
  },
  START_FAILED: { status: 500, hint: 'See the trace in the status and the log lines of the connector.' },
  UNSUPPORTED: { status: 500, hint: 'The plugin does not offer this.' },
  KAFKA_UNAVAILABLE: { status: 503, hint: 'Check bootstrap.servers and that Kafka runs.' },
  PORT_TAKEN: { status: 500, hint: 'Stop the other process, or set another port.' },
  DATA_FOLDER_UNUSABLE: {
    status: 500,
    hint: 'Choose a folder that you may write with sluice.data.dir or SLUICE_DATA_DIR.',
  },
  DATA_FOLDER_IN_USE: {
    status: 500,
    hint: 'Stop the other Sluice that uses it, or set SLUICE_DATA_DIR to another folder.',
  },
  SETTING_INVALID: { status: 500, hint: 'Correct the setting as the message says.' },
  INTERNAL: { status: 500, hint: 'See the log of the worker; please report it.' },
} as const satisfies Record<string, { status: number; hint: string }>

export type ErrorCode = keyof typeof errorCatalog

/** What is wrong with one field of a config. */
export interface Problem {
  field: string
  message: string
}

/**
 * The one error that crosses our own boundaries. `message` is what a person reads and, where Kafka Connect has words for
 * the situation, exactly those words; `code` is what a program tests.
 */
export class ConnectError extends Error {
  readonly code: ErrorCode
  /** The fields at fault, when the error is about a config. */
  readonly problems: readonly Problem[]
  /** Where the request belongs, when this worker may not answer it (Kafka: RequestTargetException). */
  readonly forwardUrl: string | undefined
  /** Aborts when the request no longer belongs there, so that nobody waits for an answer of who is gone. */
  readonly forwardOver: AbortSignal | undefined
  /** Overrides the status of the table where Kafka Connect answers the same situation differently. */
  readonly #status: number | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      cause?: unknown
      problems?: readonly Problem[]
      forwardUrl?: string
      forwardOver?: AbortSignal | undefined
      status?: number
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ConnectError'
    this.code = code
    this.problems = options.problems ?? []
    this.forwardUrl = options.forwardUrl
    this.forwardOver = options.forwardOver
    this.#status = options.status
  }

  get status(): number {
    return this.#status ?? errorCatalog[this.code].status
  }

  get hint(): string {
    return errorCatalog[this.code].hint
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The full trace of anything that was thrown, causes included, as a failed task's status shows it. */
export function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.stack ?? `${error.name}: ${error.message}`
  return error.cause === undefined ? own : `${own}\nCaused by: ${traceOf(error.cause)}`
}
