import { ConnectError } from '#server/contract/errors.ts'
import type { Herder } from '#server/contract/herder.ts'
import { parseThreshold } from '#server/observe/log-levels.ts'
import * as json from '#server/rest/json.ts'
import { readLevel } from '#server/rest/request-bodies.ts'
import { type Answer, noContent, ok, type RouteCall } from '#server/rest/route.ts'

/** `GET /admin/loggers/{name}`. */
export async function loggerAnswer(herder: Herder, name: string): Promise<Answer> {
  const loggers = await herder.loggers()
  const key = name.toLowerCase() === 'root' ? 'root' : name
  const level = Object.hasOwn(loggers, key) ? loggers[key] : undefined
  if (!level) throw new ConnectError('LOGGER_NOT_FOUND', `Logger ${name} not found.`)
  return ok(json.loggerLevel.write(level))
}

/** `PUT /admin/loggers/{name}`, checked in the order in which Kafka Connect checks it (KIP-495, KIP-976). */
export async function setLevel({ herder, query, body }: RouteCall, name: string): Promise<Answer> {
  const level = readLevel(body)
  if (level === undefined) {
    throw new ConnectError('BAD_REQUEST', "Desired 'level' parameter was not specified in request.")
  }
  if (level === '') throw new ConnectError('BODY_INVALID', 'Illegal null or empty Level name.')
  const threshold = parseThreshold(level)
  if (threshold === undefined) throw new ConnectError('LOGGER_NOT_FOUND', `invalid log level '${level}'.`)
  // Kafka takes any other scope for the worker's.
  const scope = query.get('scope')?.toLowerCase() === 'cluster' ? 'cluster' : 'worker'
  const changed = await herder.setLogLevel(name, threshold, scope)
  return scope === 'cluster' ? noContent : ok(changed)
}
