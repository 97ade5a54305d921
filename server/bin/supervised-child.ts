import { type ChildProcess, fork } from 'node:child_process'
import { createWriteStream, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Clock } from '#server/contract/clock.ts'
import { type Child, type ChildEvent, type ChildState, newChild, nextChild } from '#server/core/child-state.ts'

const entry = fileURLToPath(new URL('./main.mjs', import.meta.url))
/** A child that does not answer SIGTERM in this time is killed. */
const stopGraceMs = 15_000

/** What a part tells its supervisor once it serves; further fields depend on the part. */
export interface ReadyMessage {
  ready: true
  port?: number
  url?: string
}

export interface SupervisedChild extends AsyncDisposable {
  readonly name: string
  state(): Child
  /** Resolves when the child serves; rejects with its last words when it ends first. */
  start(): Promise<void>
  /** Clean stop; it stays down until `start`. */
  stop(): Promise<void>
}

/**
 * Runs one part of Sluice as a child process and brings it back when it dies. What the child prints goes to its log
 * file; warnings and errors also to the terminal.
 */
export function superviseChild(options: {
  name: string
  args: readonly string[]
  env: NodeJS.ProcessEnv
  logFile: string
  clock: Clock
  onChange: (state: ChildState) => void
  onNotice: (line: string) => void
}): SupervisedChild {
  const { name, clock } = options
  mkdirSync(dirname(options.logFile), { recursive: true })
  const log = createWriteStream(options.logFile, { flags: 'a' })
  let child: Child = newChild
  let running: ChildProcess | undefined
  let gone: Promise<void> = Promise.resolve()
  let retry = new AbortController()

  function happen(event: ChildEvent) {
    const before = child.now
    child = nextChild(child, event)
    if (child.now === before) return
    options.onChange(child.now)
    if (child.now.state === 'restarting') retryLater(child.now.retryAt, child.now.exit)
  }

  function retryLater(retryAt: number, exit: string) {
    const waitMs = Math.max(0, retryAt - clock.now())
    options.onNotice(`${name} ended (${exit}); it starts again in ${waitMs} ms. Its log: ${options.logFile}`)
    retry = new AbortController()
    const { signal } = retry
    void clock.sleep(waitMs, signal).then(() => {
      if (signal.aborted) return
      happen({ type: 'retry-due' })
      // A failed attempt becomes the next `exited` event, which is reported there.
      launch().catch(() => undefined)
    })
  }

  function launch(): Promise<void> {
    const lastWords: string[] = []
    const process_ = fork(entry, [...options.args], { env: options.env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    running = process_
    for (const stream of [process_.stdout, process_.stderr]) {
      if (!stream) continue
      createInterface({ input: stream }).on('line', (line) => {
        log.write(`${line}\n`)
        lastWords.push(line)
        if (lastWords.length > 20) lastWords.shift()
        if (stream === process_.stderr && / (WARN|ERROR) /.test(line)) options.onNotice(`${name}: ${line}`)
      })
    }
    const ended = new Promise<string>((resolve) => {
      process_.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
      process_.once('error', (error) => resolve(error.message))
    })
    gone = ended.then((exit) => {
      if (running === process_) running = undefined
      happen({ type: 'exited', at: clock.now(), exit })
    })
    return new Promise((resolve, reject) => {
      process_.on('message', (message: Partial<ReadyMessage>) => {
        if (message.ready !== true) return
        happen({ type: 'ready', pid: process_.pid ?? 0, at: clock.now() })
        resolve()
      })
      void ended.then((exit) => reject(new Error(`${name} did not start (${exit}).\n${lastWords.join('\n')}`)))
    })
  }

  async function stop() {
    retry.abort()
    happen({ type: 'stop-asked' })
    const process_ = running
    if (!process_) return
    process_.kill('SIGTERM')
    const impatience = new AbortController()
    void clock.sleep(stopGraceMs, impatience.signal).then(() => {
      if (!impatience.signal.aborted) process_.kill('SIGKILL')
    })
    await gone
    impatience.abort()
  }

  return {
    name,
    state: () => child,
    async start() {
      retry.abort()
      if (child.now.state === 'stopping') await gone
      if (running) return
      happen({ type: 'start-asked' })
      await launch()
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop()
      await new Promise<void>((resolve) => log.end(resolve))
    },
  }
}
