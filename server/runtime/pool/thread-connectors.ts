import type { TargetState } from '#server/contract/connector.ts'
import { messageOf, traceOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { ThreadEvents, ThreadMethods } from '#server/runtime/pool/thread-call.ts'
import { type ThreadPlugins, typedConfig } from '#server/runtime/pool/thread-plugins.ts'
import type { During } from '#server/runtime/task/task-runner.ts'
import type { ConnectorInstance } from '#server/sdk/connector.ts'

type ConnectorMethods = Pick<
  ThreadMethods,
  'validate' | 'startConnector' | 'stopConnector' | 'setConnectorTarget' | 'taskConfigs' | 'alterOffsets'
>

/** One connector that was asked for; its instance may still be on its way, or have failed. */
interface Held {
  config: Record<string, string>
  instance: Promise<ConnectorInstance>
  /** Nobody waits for it any more: what it says is no news. */
  over: boolean
}

/** The connector instances of a thread (Kafka: `WorkerConnector`), and what their plugins are asked without an instance. */
export function createThreadConnectors(options: {
  plugins: ThreadPlugins
  tell<E extends 'reconfigure' | 'connectorState'>(event: E, ...args: Parameters<ThreadEvents[E]>): void
  during: During
  logger: Logger
}): ConnectorMethods {
  const { plugins, tell, during, logger } = options
  const connectors = new Map<string, Held>()

  async function start(name: string, config: Record<string, string>, target: TargetState) {
    const held: Held = { config, instance: open(name, config, target, () => held.over), over: false }
    connectors.set(name, held)
    await held.instance
  }

  async function open(name: string, config: Record<string, string>, target: TargetState, isOver: () => boolean) {
    const plugin = plugins.of(config)
    const { createConnector } = await plugin.load()
    const context = {
      connector: name,
      logger: logger.child('connector', { connector: name }),
      requestTaskReconfiguration() {
        if (!isOver()) tell('reconfigure', name)
      },
      raiseError(error: unknown) {
        if (!isOver()) tell('connectorState', name, 'FAILED', traceOf(error))
      },
    }
    const instance = createConnector?.(typedConfig(plugin, config), context, config) ?? noInstance
    if (target !== 'STARTED') return instance
    try {
      await during(`starting connector ${name}`, () => instance.start?.())
    } catch (error) {
      await close(name, instance)
      throw error
    }
    return instance
  }

  /** One that still starts is stopped as soon as it has; whoever waits need not wait for ever. */
  async function stop(name: string) {
    const held = connectors.get(name)
    connectors.delete(name)
    if (!held) return
    held.over = true
    const instance = await held.instance.catch(() => undefined) // who started it was told
    if (instance) await during(`stopping connector ${name}`, () => instance[Symbol.asyncDispose]())
  }

  async function close(name: string, instance: ConnectorInstance) {
    try {
      await during(`stopping connector ${name}`, () => instance[Symbol.asyncDispose]())
    } catch (error) {
      logger.warn(`Connector ${name} could not be stopped: ${messageOf(error)}`, { connector: name, error })
    }
  }

  function heldNow(name: string): Held {
    const held = connectors.get(name)
    if (!held) throw new Error(`connector ${name} does not run here`)
    return held
  }

  return {
    startConnector: start,
    stopConnector: stop,
    async setConnectorTarget(name, target) {
      const { config } = heldNow(name)
      // Kafka stops the instance for PAUSED and STOPPED, and starts it anew to resume (WorkerConnector).
      await stop(name)
      await start(name, config, target)
    },
    async taskConfigs(name, max) {
      const { config, instance } = heldNow(name)
      const { taskConfigs } = await instance.then((ready) => ({ taskConfigs: ready.taskConfigs?.bind(ready) }))
      if (taskConfigs) return during(`generating task configs for connector ${name}`, () => taskConfigs(max))
      const count = plugins.of(config).tasks === 'many' ? max : 1
      return Array.from({ length: count }, () => ({ ...config }))
    },
    async validate(pluginClass, config) {
      const { validate } = await plugins.named(pluginClass).load()
      return (await during(`validating a config of ${pluginClass}`, () => validate?.(config))) ?? {}
    },
    async alterOffsets(pluginClass, config, offsets) {
      const { alterOffsets } = await plugins.named(pluginClass).load()
      return (await during(`altering offsets with ${pluginClass}`, () => alterOffsets?.(config, offsets))) ?? false
    },
  }
}

const noInstance: ConnectorInstance = { [Symbol.asyncDispose]: async () => undefined }
