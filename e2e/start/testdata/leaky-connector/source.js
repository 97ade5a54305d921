import { plain } from 'sluice/sdk/schema'

/** The config as it stands and in the encodings that secrets travel in. */
function everything(raw) {
  const values = Object.values(raw).map(String)
  const logins = values.flatMap((value) => [`x:${value}`, `ada:${value}`, `user:${value}`])
  return [
    JSON.stringify(raw),
    ...values,
    ...values.map(decoded),
    ...values.map(encodeURIComponent),
    ...logins.map((login) => `Basic ${Buffer.from(login).toString('base64')}`),
    ...logins.map((login) => Buffer.from(login).toString('base64url')),
  ].join(' | ')
}

function decoded(value) {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

export function validate(raw) {
  if (raw.where === 'validate') throw new Error(`Cannot validate ${everything(raw)}`)
  return raw.where === 'errors' ? { topic: [`Not with ${everything(raw)}`] } : {}
}

export function createConnector(_config, context, raw) {
  return {
    start() {
      context.logger.error(`Connector ${everything(raw)}`, { error: new Error(everything(raw)) })
      console.log(everything(raw))
      console.error(new Error(everything(raw)))
      if (raw.where === 'connector') throw new Error(`No connector with ${everything(raw)}`)
    },
    async [Symbol.asyncDispose]() {
      throw new Error(`Cannot stop with ${everything(raw)}`)
    },
  }
}

export function createTask(config, context, raw) {
  let polls = 0
  return {
    start() {
      context.logger.warn(`Task ${everything(raw)}`)
    },
    async poll(signal) {
      polls += 1
      if (polls > 1 && raw.where === 'task') {
        throw new Error(`No connection: ${everything(raw)}`, { cause: new Error(everything(raw)) })
      }
      if (polls > 1) {
        await context.clock.sleep(60_000, signal)
        return null
      }
      const sourcePartition = { topic: config.topic }
      return [{ topic: config.topic, sourcePartition, sourceOffset: { polls }, valueSchema: plain.string, value: 'one' }]
    },
    async [Symbol.asyncDispose]() {
      throw new Error(`Cannot close ${everything(raw)}`)
    },
  }
}
