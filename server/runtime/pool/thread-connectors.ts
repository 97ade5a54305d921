import type { TargetState } from '#server/contract/connector.ts'
import { messageOf, traceOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import { restorePlaceholders } from '#server/core/placeholders.ts'
import { resolvingStage, unansweredSource } from '#server/core/stall.ts'
import { tasksMaxOf } from '#server/core/task-configs.ts'
import { asClass, asConnector, type BoardDuring } from '#server/runtime/pool/stage-board.ts'
import type { ThreadEvents, ThreadMethods } from '#server/runtime/pool/thread-call.ts'
import type { ThreadConfigs } from '#server/runtime/pool/thread-configs.ts'
import { type ThreadPlugins, typedConfig } from '#server/runtime/pool/thread-plugins.ts'
import type { ConnectorInstance } from '#server/sdk/connector.ts'

type ConnectorMethods = Pick<
  ThreadMethods,
  'startConnector' | 'stopConnector' | 'setConnectorTarget' | 'taskConfigs' | 'alterOffsets'
>

/** One connector that was asked for; its instance may still be on its way, have failed, or not be needed yet. */
interface Held {
  /** Placeholders unresolved. */
  raw: Record<string, string>
  opened(): Promise<Opened>
  /** The same, where somebody has asked; else what has to be over first. */
  begun(): Promise<Opened | undefined>
  /** Aborts when nobody waits for it any more: what it says then is no news. */
  over: AbortController
}

interface Opened {
  instance: ConnectorInstance
  config: Record<string, string>
  /** By placeholder. */
  resolved: ReadonlyMap<string, string>
}

/** The connector instances of a thread (Kafka: `WorkerConnector`), and what their plugins are asked without an instance. */
export function createThreadConnectors(options: {
  plugins: ThreadPlugins
  configs: ThreadConfigs
  tell<E extends 'reconfigure' | 'connectorState' | 'connectorHook'>(
    event: E,
    ...args: Parameters<ThreadEvents[E]>
  ): void
  during: BoardDuring
  logger: Logger
}): ConnectorMethods {
  const { plugins, configs, tell, during, logger } = options
  const connectors = new Map<string, Held>()
  let hooks = 0

  /** Told before it begins: it may keep the thread from ever telling anything again. */
  async function hook<Result>(
    stage: string,
    name: string,
    run: () => PromiseLike<Result> | Result,
    reason?: string,
  ): Promise<Result> {
    const id = hooks++
    tell('connectorHook', name, stage, id, reason)
    try {
      return await during(`${stage} connector ${name}`, run, asConnector(name))
    } finally {
      tell('connectorHook', name, null, id)
    }
  }

  /** @param before what has to be over first; whoever stops it meanwhile stops this */
  async function start(
    name: string,
    raw: Record<string, string>,
    target: TargetState,
    before: Promise<void> = Promise.resolve(),
  ) {
    const over = new AbortController()
    let begun: Promise<Opened> | undefined
    const opened = () => {
      begun ??= before.then(() => open(name, raw, target, over.signal))
      return begun
    }
    connectors.set(name, { raw, opened, begun: () => begun ?? before.then(() => undefined), over })
    try {
      // One that rests needs no instance, and no answer of a config provider that may have none.
      await (target === 'STARTED' ? opened() : before)
    } catch (error) {
      over.abort()
      throw error
    }
  }

  async function open(
    name: string,
    raw: Record<string, string>,
    target: TargetState,
    over: AbortSignal,
  ): Promise<Opened> {
    if (over.aborted) throw stoppedMeanwhile(name)
    const { configs: found, resolved } = await hook(resolvingStage, name, () =>
      configs.open([raw], { connector: name }, over, (source, read) =>
        hook(resolvingStage, name, read, unansweredSource(source)),
      ),
    )
    const [config = {}] = found
    const plugin = plugins.of(config)
    // One without a connector of its own fails here, too, and not first in its tasks.
    const typed = typedConfig(plugin, config)
    const context = {
      connector: name,
      logger: logger.child('connector', { connector: name }),
      requestTaskReconfiguration() {
        if (!over.aborted) tell('reconfigure', name)
      },
      raiseError(error: unknown) {
        if (!over.aborted) tell('connectorState', name, 'FAILED', traceOf(error))
      },
    }
    const create = async () => (await plugin.load()).createConnector?.(typed, context, config) ?? noInstance
    const instance = await hook('creating', name, create)
    const opened = { instance, config, resolved }
    if (target !== 'STARTED') return opened
    try {
      await hook('starting', name, () => instance.start?.())
    } catch (error) {
      await close(name, instance)
      throw error
    }
    return opened
  }

  /** One that still starts is stopped as soon as it has; whoever waits need not wait for ever. */
  async function stop(name: string) {
    const held = connectors.get(name)
    connectors.delete(name)
    if (!held) return
    held.over.abort(stoppedMeanwhile(name))
    const opened = await held.begun().catch(() => undefined) // who started it was told
    if (opened) await dispose(name, opened.instance)
  }

  const dispose = (name: string, instance: ConnectorInstance) =>
    hook('stopping', name, () => instance[Symbol.asyncDispose]())

  async function close(name: string, instance: ConnectorInstance) {
    try {
      await dispose(name, instance)
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
      const { raw } = heldNow(name)
      // Kafka stops the instance for PAUSED and STOPPED, and starts it anew to resume (WorkerConnector).
      await start(name, raw, target, stop(name))
    },
    async taskConfigs(name) {
      const { raw, opened, over } = heldNow(name)
      const { instance, config, resolved } = await opened()
      const { max, enforced } = tasksMaxOf(config)
      if (!instance.taskConfigs) {
        const count = plugins.of(config).tasks === 'many' ? max : 1
        return { configs: Array.from({ length: count }, () => ({ ...raw })), max, enforced }
      }
      const made = await hook('generating task configs for', name, () =>
        Promise.race([instance.taskConfigs?.(max), stopped(name, over.signal)]),
      )
      return { configs: restorePlaceholders(made ?? [], raw, resolved), max, enforced }
    },
    async alterOffsets(pluginClass, raw, offsets) {
      const { alterOffsets } = await plugins.of({ ...raw, 'connector.class': pluginClass }).load()
      if (!alterOffsets) return false
      const {
        configs: [config = {}],
      } = await configs.look(raw)
      const alter = () => alterOffsets(config, offsets)
      return await during(`altering offsets with ${pluginClass}`, alter, asClass(pluginClass))
    },
  }
}

const stoppedMeanwhile = (name: string) => new Error(`connector ${name} was stopped meanwhile`)

/** Whoever waits for an instance that is stopped would wait for ever: the next one is asked anew. */
const stopped = (name: string, over: AbortSignal) =>
  new Promise<never>((_, reject) => {
    over.addEventListener('abort', () => reject(stoppedMeanwhile(name)), { once: true })
  })

const noInstance: ConnectorInstance = { [Symbol.asyncDispose]: async () => undefined }
