import { type LogLine, logLevels } from '#server/contract/connector.ts'
import type { LogQuery } from '#server/contract/herder.ts'
import type { LogRecord, LogSink } from '#server/observe/log-record.ts'

/** What a worker remembers of its log: the newest lines of each connector, and of everything else. */
export interface LogMemory {
  sink: LogSink
  /** Oldest first; at most `limit` of the newest that match. */
  query(query: LogQuery): LogLine[]
  /** Drops what is remembered of a deleted connector. */
  forget(connector: string): void
  /** Tells every line from now on, as it is remembered; returns what ends that. */
  follow(listener: (line: LogLine) => void): () => void
}

export interface LogMemoryOptions {
  /** `host:port`, written on every line; a worker may learn its port after its first lines. */
  worker: () => string
  /** Lines kept of each connector, and of those about no connector (I12). */
  linesPerConnector?: number
  /** Connectors remembered; the one that was silent for longest goes first (I12). */
  connectors?: number
  /** Characters kept of a message and of a trace (S-33). */
  messageLimit?: number
  traceLimit?: number
}

const OTHER = ''

/** Bounded memory of log lines, so that the console can show a connector's log without reading files. */
export function createLogMemory(options: LogMemoryOptions): LogMemory {
  const { worker, linesPerConnector = 1000, connectors = 500, messageLimit = 4096, traceLimit = 32 * 1024 } = options
  /** In the order of their last line, oldest first. */
  const rings = new Map<string, LogLine[]>()
  const listeners = new Set<(line: LogLine) => void>()
  let lastId = 0

  function ringOf(connector: string): LogLine[] {
    const ring = rings.get(connector) ?? []
    rings.delete(connector)
    rings.set(connector, ring)
    const named = rings.size - (rings.has(OTHER) ? 1 : 0)
    if (named > connectors) {
      const [silent] = [...rings.keys()].filter((name) => name !== OTHER)
      if (silent !== undefined) rings.delete(silent)
    }
    return ring
  }

  function remember(record: LogRecord): void {
    lastId += 1
    const ring = ringOf(record.connector ?? OTHER)
    const line: LogLine = {
      ...record,
      id: lastId,
      worker: worker(),
      message: cut(record.message, messageLimit),
      ...(record.trace !== undefined && { trace: cut(record.trace, traceLimit) }),
    }
    ring.push(line)
    // A tenth of slack makes dropping old lines cheap: once in a while, not once a line.
    if (ring.length > linesPerConnector * 1.1) ring.splice(0, ring.length - linesPerConnector)
    for (const listener of listeners) listener(line)
  }

  return {
    sink: remember,
    query({ connector, task, level, after = 0, limit }) {
      const worst = level === undefined ? 0 : logLevels.indexOf(level)
      const lines = connector === undefined ? [...rings.values()].flat() : (rings.get(connector) ?? []).slice()
      const matching = lines.filter(
        (line) =>
          line.id > after &&
          (task === undefined || line.task === task) &&
          (worst === 0 || logLevels.indexOf(line.level) >= worst),
      )
      matching.sort((a, b) => a.id - b.id)
      return limit <= 0 ? [] : matching.slice(-limit)
    },
    forget(connector) {
      rings.delete(connector)
    },
    follow(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

const cut = (text: string, limit: number): string =>
  text.length <= limit ? text : `${text.slice(0, limit)}… (${text.length - limit} more characters)`
