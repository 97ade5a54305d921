import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { text } from '#server/contract/config-field.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { byteArrayConverter } from '#server/converters/byte-array-converter.ts'
import { stringConverter } from '#server/converters/string-converter.ts'
import type { PluginCatalog } from '#server/runtime/pool/plugin-definitions.ts'
import { makeTrouble, makeTroubleNow } from '#server/runtime/pool/test-tree/trouble.ts'
import { defineConfigProvider } from '#server/sdk/config-provider.ts'
import { type ConnectorInstance, defineSink, defineSource } from '#server/sdk/connector.ts'
import { defineConverter } from '#server/sdk/converter.ts'
import { plain } from '#server/sdk/schema.ts'
import { definePredicate, defineTransform } from '#server/sdk/transform.ts'

const optional = (doc: string) => text({ doc, importance: 'low', default: '' })
const fields = {
  hook: optional('The hook in which there is trouble.'),
  trouble: optional('What kind of trouble.'),
  once: optional('A file that says that the trouble was.'),
  topic: optional('Where records go.'),
  payload: optional('Goes into every value.'),
}
const shared = {
  version: '1.0',
  title: 'Troubled',
  summary: 'Troubles its host as it is told.',
  system: 'test',
  config: fields,
  example: {},
  validates: true,
} as const

const connectorOf = (
  raw: Record<string, string>,
  context: { requestTaskReconfiguration(): void },
): ConnectorInstance => {
  makeTroubleNow('createConnector', raw)
  return {
    async start() {
      await makeTrouble('startConnector', raw)
      if (raw.hook === 'chatter') setInterval(() => context.requestTaskReconfiguration(), 0).unref()
    },
    async taskConfigs(max) {
      await makeTrouble('taskConfigs', raw)
      return Array.from({ length: max }, () => raw)
    },
    [Symbol.asyncDispose]: () => makeTrouble('stopConnector', raw),
  }
}

/** Converters, transforms and predicates that spin whenever they are used. */
const spin = (): never => makeTroubleNow('use', { hook: 'use', trouble: 'spin' }) as never
const described = { version: '1.0', summary: 'Spins.', config: {}, example: {} }
const spinningConverter = defineConverter({
  ...described,
  class: 'test.SpinningConverter',
  converter: () => ({ fromConnectData: spin, toConnectData: spin }),
})
const spinningTransform = defineTransform({
  ...described,
  class: 'test.SpinningTransform',
  create: () => ({ apply: spin }),
})
const spinningPredicate = definePredicate({
  ...described,
  class: 'test.SpinningPredicate',
  create: () => ({ test: spin }),
})

async function validate(raw: Record<string, string>) {
  await makeTrouble('validate', raw)
  return {}
}

/** Writes `<instance>:<n>` every few milliseconds, so that a topic tells who wrote when. */
const ticks = defineSource({
  ...shared,
  class: 'test.TickSourceConnector',
  taskClass: 'test.TickSourceTask',
  async load() {
    return {
      createConnector: (_config, context, raw) => connectorOf(raw, context),
      validate,
      async alterOffsets(raw): Promise<boolean> {
        await makeTrouble('alterOffsets', raw)
        throw new ConnectError('BAD_REQUEST', 'not these', { problems: [{ field: 'offset', message: 'no' }] })
      },
      createTask(config, context, raw) {
        makeTroubleNow('create', raw)
        const instance = randomUUID()
        let n = 0
        return {
          async start() {
            if (raw.hook === 'measure') context.logger.info(`heap ${heapUsed()}`)
            await makeTrouble('start', raw)
            const [stored] = await context.offsets([{ tick: 'a' }])
            n = Number(stored?.n ?? 0)
          },
          async poll(signal) {
            context.logger.debug('about to poll')
            if (raw.hook === 'quiet') {
              await context.clock.sleep(3_600_000, signal)
              return null
            }
            await context.clock.sleep(5, signal)
            await makeTrouble('poll', raw)
            n += 1
            return [
              {
                sourcePartition: { tick: 'a' },
                sourceOffset: { n },
                topic: config.topic,
                valueSchema: plain.string,
                value: `${instance}:${n}${config.payload}`,
              },
            ]
          },
          commit: () => makeTrouble('commit', raw),
          commitRecord: () => (raw.hook === 'commitRecord' ? makeTrouble('commitRecord', raw) : undefined),
          [Symbol.asyncDispose]: () => makeTrouble('stop', raw),
        }
      },
    }
  },
})

/** Takes whatever comes. */
const drain = defineSink({
  ...shared,
  class: 'test.DrainSinkConnector',
  taskClass: 'test.DrainSinkTask',
  async load() {
    return {
      createConnector: (_config, context, raw) => connectorOf(raw, context),
      validate,
      createTask(_config, _context, raw) {
        makeTroubleNow('create', raw)
        return {
          start: () => makeTrouble('start', raw),
          open: () => makeTrouble('open', raw),
          put: async (batch) => (batch.count > 0 ? makeTrouble('put', raw) : undefined),
          flush: () => makeTrouble('flush', raw),
          close: () => makeTrouble('close', raw),
          [Symbol.asyncDispose]: () => makeTrouble('stop', raw),
        }
      },
    }
  },
})

/** Answers with the path itself once that is a file; until then never, and does not listen to its signal. */
const hanging = defineConfigProvider({
  class: 'test.HangingConfigProvider',
  summary: 'Hangs.',
  config: {},
  example: { params: {}, value: '${hang:/no/file:a}' },
  open: () => ({
    get: async (path, keys) =>
      existsSync(path) ? { values: new Map(keys.map((key) => [key, path])) } : new Promise(() => undefined),
    async [Symbol.asyncDispose]() {},
  }),
})

/** Bytes that live on this thread, after everything else was collected. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
  // The memory of array buffers is given back beside the collection that freed them; the next one waits for that.
  collect()
  const { heapUsed: used, external } = process.memoryUsage()
  return used + external
}

export const troubledCatalog: PluginCatalog = {
  connectors: [ticks, drain],
  converters: [stringConverter, byteArrayConverter, spinningConverter],
  transforms: [spinningTransform],
  predicates: [spinningPredicate],
  providers: [hanging],
}
