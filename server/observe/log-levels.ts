import type { Clock } from '#server/contract/clock.ts'
import type { LoggerLevel, LogLevel } from '#server/contract/connector.ts'

/** Every level a logger can be set to, from silent to chatty, in the words of Kafka Connect's log framework. */
export const thresholds = ['OFF', 'FATAL', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE', 'ALL'] as const
export type Threshold = (typeof thresholds)[number]

/** The threshold that a person wrote, in any letter case; undefined when there is no such level. */
export function parseThreshold(text: string): Threshold | undefined {
  return thresholds.find((level) => level === text.toUpperCase())
}

/** The levels of all loggers of a process, changed while it runs (KIP-495; Kafka: `org.apache.kafka.connect.runtime.Loggers`). */
export interface LogLevels {
  /** Makes a logger known by name, so that it is listed. */
  register(logger: string): void
  /** `connector`: whom the line is about; what was set for it counts in place of the logger's level. */
  enabled(logger: string, level: LogLevel, connector?: string): boolean
  /** The effective level, or undefined for a logger that nobody has named yet. */
  level(logger: string): LoggerLevel | undefined
  /** All known loggers with their effective levels, sorted by name. */
  all(): Record<string, LoggerLevel>
  /**
   * Sets a logger and every known one whose name begins with its name; for `root` all of them.
   * Returns those whose effective level changed, sorted.
   */
  set(logger: string, level: Threshold): string[]
  /** Sets what counts for lines about a connector, whichever logger writes them; null: nothing of its own any more. */
  setFor(connector: string, level: Threshold | null): void
}

const ROOT = 'root'
const rank = new Map<string, number>(thresholds.map((level, index) => [level, index]))
const rankOf = (level: string) => rank.get(level) ?? 0

/** Loggers inherit from the nearest named ancestor (`a.b` from `a`, `a` from `root`), as log4j's do. */
export function createLogLevels(options: { root: Threshold; clock: Pick<Clock, 'now'> }): LogLevels {
  const configured = new Map<string, Threshold>([[ROOT, options.root]])
  const modified = new Map<string, number>()
  const known = new Set([ROOT])
  const effective = new Map<string, Threshold>()
  const ofConnectors = new Map<string, Threshold>()

  function levelOf(logger: string): Threshold {
    const cached = effective.get(logger)
    if (cached) return cached
    let found = configured.get(logger)
    for (let name = logger; !found; ) {
      const dot = name.lastIndexOf('.')
      name = dot === -1 ? ROOT : name.slice(0, dot)
      found = configured.get(name)
    }
    if (known.has(logger)) effective.set(logger, found)
    return found
  }

  const nameOf = (logger: string) => (logger.toLowerCase() === ROOT ? ROOT : logger)
  const describe = (logger: string): LoggerLevel => ({
    level: levelOf(logger),
    lastModified: modified.get(logger) ?? null,
  })

  return {
    register(logger) {
      known.add(nameOf(logger))
    },
    enabled(logger, level, connector) {
      const own = connector === undefined ? undefined : ofConnectors.get(connector)
      return rankOf(level) <= rankOf(own ?? levelOf(logger))
    },
    level(logger) {
      const name = nameOf(logger)
      return known.has(name) ? describe(name) : undefined
    },
    all() {
      const levels: Record<string, LoggerLevel> = Object.create(null)
      for (const name of [...known].sort()) levels[name] = describe(name)
      return levels
    },
    set(logger, level) {
      const name = nameOf(logger)
      known.add(name)
      const matching = [...known].filter((other) => name === ROOT || other.startsWith(name))
      const changed = matching.filter((other) => levelOf(other) !== level).sort()
      for (const other of changed) {
        configured.set(other, level)
        modified.set(other, options.clock.now())
      }
      effective.clear()
      return changed
    },
    setFor(connector, level) {
      if (level === null) ofConnectors.delete(connector)
      else ofConnectors.set(connector, level)
    },
  }
}
