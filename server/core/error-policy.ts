/** Where a record was when something went wrong, in Kafka Connect's words (`Stage`, KIP-298). */
export type Stage =
  | 'TRANSFORMATION'
  | 'KEY_CONVERTER'
  | 'VALUE_CONVERTER'
  | 'HEADER_CONVERTER'
  | 'KAFKA_PRODUCE'
  | 'TASK_POLL'
  | 'TASK_PUT'

/** What a connector's `errors.*` keys ask for. */
export interface ErrorSettings {
  tolerance: 'none' | 'all'
  /** -1: for ever. */
  retryTimeoutMs: number
  retryDelayMaxMs: number
  log: boolean
  logMessages: boolean
}

/** Where a sink's records go that are beyond it. */
export interface DeadLetterSettings {
  topic: string
  /** Of the topic, when it has to be made; -1: the broker's default. */
  replicationFactor: number
  /** Whether `__connect.errors.` headers tell what happened. */
  contextHeaders: boolean
}

/** Undefined: the connector has no dead letter queue. */
export function deadLetterSettings(config: Readonly<Record<string, string>>): DeadLetterSettings | undefined {
  const topic = config['errors.deadletterqueue.topic.name']?.trim() ?? ''
  if (topic === '') return undefined
  return {
    topic,
    replicationFactor: Number(config['errors.deadletterqueue.topic.replication.factor'] ?? 3),
    contextHeaders: config['errors.deadletterqueue.context.headers.enable']?.trim().toLowerCase() === 'true',
  }
}

export function errorSettings(config: Readonly<Record<string, string>>): ErrorSettings {
  return {
    tolerance: config['errors.tolerance']?.trim().toLowerCase() === 'all' ? 'all' : 'none',
    retryTimeoutMs: Number(config['errors.retry.timeout'] ?? 0),
    retryDelayMaxMs: Number(config['errors.retry.delay.max.ms'] ?? 60_000),
    log: config['errors.log.enable']?.trim().toLowerCase() === 'true',
    logMessages: config['errors.log.include.messages']?.trim().toLowerCase() === 'true',
  }
}

const firstDelayMs = 300

/**
 * The wait before attempt number `attempt` (1 is the first repetition), or undefined when time is up: doubling from 300 ms,
 * once over the maximum a random part of it, never past the deadline (Kafka: `RetryWithToleranceOperator.backoff`).
 */
export function retryDelayMs(
  attempt: number,
  elapsedMs: number,
  { retryTimeoutMs, retryDelayMaxMs }: ErrorSettings,
  random: number,
): number | undefined {
  const left = retryTimeoutMs === -1 ? Number.POSITIVE_INFINITY : retryTimeoutMs - elapsedMs
  if (left <= 0) return undefined
  const doubled = firstDelayMs * 2 ** (attempt - 1)
  const delay = doubled > retryDelayMaxMs ? Math.floor(random * retryDelayMaxMs) : doubled
  return Math.min(delay, left)
}

/** What is said of a record that could not be handled (Kafka: `LogReporter`). */
export function errorReport(task: string, stage: Stage, className: string, record?: string): string {
  const what = record === undefined ? '' : `, where ${record}`
  return `Error encountered in task ${task}. Executing stage '${stage}' with class '${className}'${what}.`
}
