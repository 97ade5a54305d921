import type { ConnectionTest } from '#server/contract/connection-test.ts'
import type {
  ConfigInfos,
  ConnectorConfig,
  ConnectorOffset,
  LogLine,
  OffsetChange,
  PluginPackage,
  TargetState,
  TaskId,
} from '#server/contract/connector.ts'
import type { Preview, PreviewRequest } from '#server/contract/preview.ts'
import type { WorkerFacts } from '#server/core/validate-connector.ts'
import type { Threshold } from '#server/observe/log-levels.ts'
import type {
  MadeTaskConfigs,
  PluginDefinition,
  TaskEvidence,
  TaskMeasurements,
  TaskStart,
} from '#server/runtime/plugin-host.ts'
import type { ConfiguredInstance } from '#server/runtime/pool/thread-configs.ts'
import { type ErrorMessage, fromErrorMessage, toErrorMessage } from '#server/runtime/pool/thread-error.ts'

/** What the coordination thread asks of a pool thread. */
export interface ThreadMethods {
  definitions(): PluginDefinition[]
  packages(): PluginPackage[]
  validate(config: ConnectorConfig, worker: WorkerFacts): Promise<ConfigInfos>
  preview(request: PreviewRequest): Promise<Preview>
  testConnection(config: ConnectorConfig): Promise<ConnectionTest>
  startConnector(name: string, config: Record<string, string>, target: TargetState): Promise<void>
  stopConnector(name: string): Promise<void>
  setConnectorTarget(name: string, target: TargetState): Promise<void>
  taskConfigs(name: string): Promise<MadeTaskConfigs>
  /** Resolves when the task was taken, before any of its code runs; what becomes of it is told by events. */
  startTask(start: TaskStart): Promise<void>
  /** Resolves when the task has ended. */
  stopTask(id: TaskId): Promise<void>
  /** I7: from the answer on the task writes nothing and says nothing. */
  cancelTask(id: TaskId): void
  setTaskTarget(id: TaskId, target: TargetState): void
  forgetTopic(connector: string, topic: string): void
  alterOffsets(pluginClass: string, config: Record<string, string>, offsets: OffsetChange[]): Promise<boolean>
  fenceTasks(connector: string, config: Record<string, string>, tasks: number): Promise<void>
  ownOffsets(connector: string, config: Record<string, string>): Promise<ConnectorOffset[] | undefined>
  storeOffsets(connector: string, config: Record<string, string>, offsets: readonly ConnectorOffset[]): Promise<void>
  setLogLevel(logger: string, level: Threshold): void
  setConnectorLogLevel(connector: string, level: Threshold | null): void
  /** Answered at once by a thread that is not stuck. */
  ping(): void
  close(): Promise<void>
}

/** What a pool thread asks of the coordination thread. */
export interface MainMethods {
  readOffsets(connector: string, partitions: Record<string, unknown>[]): Promise<(Record<string, unknown> | null)[]>
  /** Resolves when they are durable where the worker keeps offsets. */
  writeOffsets(connector: string, offsets: readonly ConnectorOffset[]): Promise<void>
  /** Rejects when newer task configs exist, or the task is another worker's by now. */
  ensureCurrent(task: TaskId, tasksVersion: number): Promise<void>
}

/** What a pool thread tells without waiting for an answer. */
export interface ThreadEvents {
  connectorState(name: string, state: 'FAILED', trace?: string): void
  /** A hook of a connector is about to begin, or (null) is over; `id` is its number on this thread. */
  connectorHook(name: string, stage: string | null, id: number, reason?: string): void
  taskState(id: TaskId, state: 'RUNNING' | 'PAUSED' | 'FAILED', trace?: string): void
  reconfigure(name: string): void
  configStale(instance: ConfiguredInstance): void
  activeTopic(id: TaskId, topic: string): void
  recordsLeftOut(id: TaskId, count: number, reason: string, places: readonly string[]): void
  measured(tasks: readonly TaskMeasurements[]): void
  progress(tasks: readonly TaskEvidence[]): void
  log(line: Omit<LogLine, 'id' | 'worker'>): void
}

type Message =
  | { kind: 'call'; id: number; method: string; args: unknown[] }
  | { kind: 'answer'; id: number; value: unknown }
  | { kind: 'failure'; id: number; error: ErrorMessage }
  | { kind: 'event'; name: string; args: unknown[] }

/** The two ends of a thread boundary look alike. */
export interface MessageEnd {
  postMessage(message: unknown): void
  on(event: 'message', listener: (message: unknown) => void): unknown
}

// biome-ignore lint/suspicious/noExplicitAny: a table of functions with any arguments is what crosses the boundary.
type Table<T> = { [K in keyof T]: (...args: any[]) => unknown }

/** Calls and events over a message port, typed by tables of methods. */
export interface ThreadCall<Remote extends Table<Remote>, Told extends Table<Told>> {
  call<M extends keyof Remote & string>(
    method: M,
    ...args: Parameters<Remote[M]>
  ): Promise<Awaited<ReturnType<Remote[M]>>>
  tell<E extends keyof Told & string>(event: E, ...args: Parameters<Told[E]>): void
  /** Rejects everything that is open or is asked later, because the other end is gone. */
  end(reason: string): void
}

export function connectThread<Remote extends Table<Remote>, Told extends Table<Told> = Record<never, never>>(
  end: MessageEnd,
  own: {
    methods?: object
    events?: object
    /** Applied to every text of an error that leaves this end. */
    clean?: (text: string) => string
  },
): ThreadCall<Remote, Told> {
  const open = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  let nextId = 0
  let ended: string | undefined
  const post = (message: Message) => end.postMessage(message)
  const functionOf = (table: object | undefined, name: string) => {
    const found = table && Object.hasOwn(table, name) ? (table as Record<string, unknown>)[name] : undefined
    return typeof found === 'function' ? found : undefined
  }

  async function answer({ id, method, args }: Extract<Message, { kind: 'call' }>) {
    try {
      const found = functionOf(own.methods, method)
      if (!found) throw new Error(`no method ${method}`)
      post({ kind: 'answer', id, value: await found(...args) })
    } catch (error) {
      post({ kind: 'failure', id, error: toErrorMessage(error, own.clean) })
    }
  }

  end.on('message', (raw) => {
    const message = raw as Message
    switch (message.kind) {
      case 'call':
        void answer(message)
        return
      case 'event':
        functionOf(own.events, message.name)?.(...message.args)
        return
      case 'answer':
        open.get(message.id)?.resolve(message.value as never)
        open.delete(message.id)
        return
      case 'failure':
        open.get(message.id)?.reject(fromErrorMessage(message.error))
        open.delete(message.id)
    }
  })

  return {
    call(method, ...args) {
      const id = nextId++
      if (ended !== undefined) return Promise.reject(new Error(ended))
      return new Promise((resolve, reject) => {
        open.set(id, { resolve, reject })
        post({ kind: 'call', id, method, args })
      })
    },
    tell: (name, ...args) => post({ kind: 'event', name, args }),
    end(reason) {
      ended = reason
      for (const { reject } of open.values()) reject(new Error(reason))
      open.clear()
    },
  }
}
