import { Worker } from 'node:worker_threads'
import type { Clock } from '#server/contract/clock.ts'
import {
  asPackage,
  readNewestStage,
  readStageBoard,
  readUnderWay,
  stageBoardBytes,
} from '#server/runtime/pool/stage-board.ts'
import type { ThreadSettings } from '#server/runtime/pool/thread.ts'
import {
  connectThread,
  type MainMethods,
  type ThreadCall,
  type ThreadEvents,
  type ThreadMethods,
} from '#server/runtime/pool/thread-call.ts'
import { letYoungGrow } from '#server/runtime/pool/young-memory.ts'

/** A pool thread as the coordination thread holds it. */
export interface PoolThread {
  readonly name: string
  /** Rejects when the thread ends before it has answered. */
  readonly call: ThreadCall<ThreadMethods, Record<never, never>>['call']
  /** It ended, or was told to: nothing that it still says counts. */
  readonly over: boolean
  /** The hooks that are under way, for whoever finds it stuck. */
  stage(): string
  /** The one of them that began last. */
  newestStage(): string
  /** The folder of the package whose code is being loaded, for as long as the thread does nothing else; also when that ended it. */
  loading(): string | undefined
  /** Whose hooks are under way, the one that began last first; undefined: none of `known`. */
  underWay(known: Iterable<string>): (string | undefined)[]
  /** Clean end: tasks stopped, connections closed; after `withinMs`, or before it has come up, as `kill`. */
  close(withinMs: number): Promise<void>
  /** At once, whatever it is doing; its connections close with it. */
  kill(): Promise<void>
}

const littleYoungMb = 6
const terminatedWithinMs = 2_000

export function startPoolThread(options: {
  entry: URL
  settings: Omit<ThreadSettings, 'stageBoard'>
  events: ThreadEvents
  methods: MainMethods
  clock: Clock
  /** No records pass through it: it gets by on little memory for what is young. */
  carriesNoRecords?: boolean
  /** It ended, in whatever way. */
  onExit?: () => void
  /** It ended without having been asked to close. */
  onDeath: (reason: string) => void
}): PoolThread {
  const { entry, settings, clock } = options
  const { name } = settings
  const stageBoard = new SharedArrayBuffer(stageBoardBytes)
  const workerData: ThreadSettings = { ...settings, stageBoard }
  let closing = false
  let over = false
  let failure = ''
  const resourceLimits = options.carriesNoRecords ? { maxYoungGenerationSizeMb: littleYoungMb } : {}
  if (!options.carriesNoRecords) letYoungGrow()
  const thread = new Worker(entry, { workerData, name, resourceLimits })
  const link = connectThread<ThreadMethods>(thread, { methods: options.methods, events: whileAlive(options.events) })
  let up = false
  link.call('ping').then(
    () => {
      up = true
    },
    () => undefined, // it died: told below
  )
  thread.on('error', (error: Error) => {
    failure = error.stack ?? error.message
  })
  const exited = Promise.withResolvers<void>()
  let told = false
  thread.once('exit', (code) => end(`It exited with code ${code}.`))

  function end(how: string) {
    if (told) return
    told = true
    over = true
    options.onExit?.()
    link.end(`thread ${name} ended while ${stage()}`)
    if (!closing) options.onDeath(failure === '' ? how : failure)
    exited.resolve()
  }

  const packages = new Map(settings.packages.map(({ folder }) => [asPackage(folder), folder]))
  const loading = () => {
    const [who] = readUnderWay(stageBoard, packages.keys())
    return who === undefined ? undefined : packages.get(who)
  }

  const stage = () => readStageBoard(stageBoard) || 'no hook of a plugin was under way'

  /** What a thread said before it was given up is about work that somebody else has by now. */
  function whileAlive(events: ThreadEvents): ThreadEvents {
    const guarded = Object.entries(events).map(([event, tell]: [string, (...args: never[]) => void]) => [
      event,
      (...args: never[]) => {
        if (!over) tell(...args)
      },
    ])
    return Object.fromEntries(guarded)
  }

  async function kill() {
    over = true
    const ended = new AbortController()
    // I7: no code of it runs from here on. A call into the system that never returns, as of a dead network drive, keeps it, and
    // nobody may wait for that.
    void thread.terminate()
    const late = clock.sleep(terminatedWithinMs, ended.signal).then(() => {
      if (!ended.signal.aborted) end('It waits in the operating system for what does not come.')
    })
    await Promise.race([exited.promise, late])
    ended.abort()
  }

  return {
    name,
    call: link.call,
    get over() {
      return over
    },
    stage,
    newestStage: () => readNewestStage(stageBoard) || stage(),
    loading,
    underWay: (known) => readUnderWay(stageBoard, known),
    async close(withinMs) {
      closing = true
      if (!up) return kill() // nothing runs there yet, and it may never come up
      const closed = new AbortController()
      const asked = link.call('close').catch(() => undefined) // it may have ended before it could answer
      await Promise.race([asked, clock.sleep(withinMs, closed.signal)])
      closed.abort()
      await kill()
    },
    kill,
  }
}
