import type { ConnectorOffset, LogLine, TargetState, TaskId } from '#server/contract/connector.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { PluginDefinition, TaskStart } from '#server/runtime/plugin-host.ts'

/** What the coordination thread asks of a pool thread. */
export interface ThreadMethods {
  definitions(): PluginDefinition[]
  validate(pluginClass: string, config: Record<string, string>): Promise<Record<string, string[]>>
  startConnector(name: string, config: Record<string, string>, target: TargetState): Promise<void>
  stopConnector(name: string): Promise<void>
  setConnectorTarget(name: string, target: TargetState): Promise<void>
  taskConfigs(name: string, max: number): Promise<Record<string, string>[]>
  startTask(start: TaskStart): Promise<void>
  /** Resolves when the task has ended. */
  stopTask(id: TaskId): Promise<void>
  cancelTask(id: TaskId): void
  setTaskTarget(id: TaskId, target: TargetState): void
  alterOffsets(pluginClass: string, config: Record<string, string>, offsets: ConnectorOffset[]): Promise<boolean>
  /** Answered at once by a thread that is not stuck. */
  ping(): void
  close(): Promise<void>
}

/** What a pool thread asks of the coordination thread. */
export interface MainMethods {
  readOffsets(connector: string, partitions: Record<string, unknown>[]): Promise<(Record<string, unknown> | null)[]>
}

/** What a pool thread tells without waiting for an answer. */
export interface ThreadEvents {
  connectorState(name: string, state: 'FAILED', trace?: string): void
  taskState(id: TaskId, state: 'RUNNING' | 'PAUSED' | 'FAILED', trace?: string): void
  reconfigure(name: string): void
  activeTopic(id: TaskId, topic: string): void
  log(line: Omit<LogLine, 'id' | 'worker'>): void
  /** The hook that begins now, so that a thread that gets stuck in it can be told from outside. */
  stage(text: string): void
}

type Message =
  | { kind: 'call'; id: number; method: string; args: unknown[] }
  | { kind: 'answer'; id: number; value: unknown }
  | { kind: 'failure'; id: number; error: { name: string; message: string; stack: string } }
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
  /** Rejects everything that is open, because the other end is gone. */
  end(reason: string): void
}

export function connectThread<Remote extends Table<Remote>, Told extends Table<Told> = Record<never, never>>(
  end: MessageEnd,
  own: { methods?: object; events?: object },
): ThreadCall<Remote, Told> {
  const open = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  let nextId = 0
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
      const { name, message, stack } =
        error instanceof Error ? error : { name: 'Error', message: messageOf(error), stack: '' }
      post({ kind: 'failure', id, error: { name, message, stack: fullStack(error, stack ?? '') } })
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
      case 'failure': {
        const error = new Error(message.error.message)
        error.name = message.error.name
        error.stack = message.error.stack
        open.get(message.id)?.reject(error)
        open.delete(message.id)
      }
    }
  })

  return {
    call(method, ...args) {
      const id = nextId++
      return new Promise((resolve, reject) => {
        open.set(id, { resolve, reject })
        post({ kind: 'call', id, method, args })
      })
    },
    tell: (name, ...args) => post({ kind: 'event', name, args }),
    end(reason) {
      for (const { reject } of open.values()) reject(new Error(reason))
      open.clear()
    },
  }
}

/** Causes are lost on the way through a message; the stack keeps them as text. */
function fullStack(error: unknown, stack: string): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause === undefined
    ? stack
    : `${stack}\nCaused by: ${cause instanceof Error ? fullStack(cause, cause.stack ?? '') : messageOf(cause)}`
}
