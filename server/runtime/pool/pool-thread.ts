import { Worker } from 'node:worker_threads'
import {
  connectThread,
  type MainMethods,
  type ThreadCall,
  type ThreadEvents,
  type ThreadMethods,
} from '#server/runtime/pool/thread-call.ts'

/** A pool thread as the coordination thread holds it. */
export interface PoolThread {
  readonly name: string
  readonly call: ThreadCall<ThreadMethods, Record<never, never>>['call']
  /** What it began last, for whoever finds it stuck. */
  stage(): string
  /** Clean end: tasks stopped, connections closed. */
  close(): Promise<void>
  /** At once, whatever it is doing; its connections close with it. */
  kill(): Promise<void>
}

export function startPoolThread(options: {
  entry: URL
  name: string
  worker: Readonly<Record<string, string>>
  events: Omit<ThreadEvents, 'stage'>
  methods: MainMethods
  /** It ended without having been asked to. */
  onDeath: (reason: string) => void
}): PoolThread {
  const { entry, name } = options
  let stage = 'starting'
  let expected = false
  const thread = new Worker(entry, { workerData: { worker: options.worker, name }, name })
  const link = connectThread<ThreadMethods>(thread, {
    methods: options.methods,
    events: { ...options.events, stage: (text: string) => (stage = text) },
  })
  let failure = ''
  thread.on('error', (error: Error) => {
    failure = error.stack ?? error.message
  })
  const exited = new Promise<void>((resolve) => {
    thread.once('exit', (code) => {
      link.end(`thread ${name} ended`)
      if (!expected) options.onDeath(failure === '' ? `exit code ${code}` : failure)
      resolve()
    })
  })

  return {
    name,
    call: link.call,
    stage: () => stage,
    async close() {
      expected = true
      await link.call('close').catch(() => undefined) // it may have ended before it could answer
      await thread.terminate()
      await exited
    },
    async kill() {
      await thread.terminate()
      await exited
    },
  }
}
