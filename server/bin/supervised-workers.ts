import { type SupervisedChild, superviseChild } from '#server/bin/supervised-child.ts'
import type { Clock } from '#server/contract/clock.ts'
import type { EmbeddedWorker, EmbeddedWorkers } from '#server/contract/embedded-workers.ts'
import { ConnectError } from '#server/contract/errors.ts'

const mostWorkers = 16

interface Slot {
  id: number
  port: number
  child: SupervisedChild
}

/** The embedded workers as child processes: what the Workers page starts, stops and adds. */
export interface SupervisedWorkers extends EmbeddedWorkers, AsyncDisposable {
  /** Rest URLs of all of them, in the order in which they were added. */
  urls(): string[]
}

export function superviseWorkers(options: {
  host: string
  choosePort: () => Promise<number>
  /** The arguments of `sluice worker` for one worker. */
  argsFor: (worker: { id: number; url: string }) => string[]
  env: NodeJS.ProcessEnv
  logFileFor: (id: number) => string
  clock: Clock
  onChange: () => void
  onNotice: (line: string) => void
}): SupervisedWorkers {
  const slots: Slot[] = []
  let nextId = 1

  const urlOf = (slot: Slot) => `http://${options.host}:${slot.port}`
  const view = (slot: Slot): EmbeddedWorker => {
    const { now, deaths } = slot.child.state()
    return { id: slot.id, url: urlOf(slot), workerId: `${options.host}:${slot.port}`, deaths, ...now }
  }
  const find = (id: number): Slot => {
    const slot = slots.find((candidate) => candidate.id === id)
    if (!slot) throw new ConnectError('BAD_REQUEST', `There is no embedded worker ${id}.`)
    return slot
  }

  return {
    list: () => slots.map(view),
    urls: () => slots.map(urlOf),
    async add() {
      if (slots.length >= mostWorkers) {
        throw new ConnectError('BAD_REQUEST', `At most ${mostWorkers} workers run on one machine.`)
      }
      const id = nextId++
      const port = await options.choosePort()
      const child = superviseChild({
        name: `worker ${id}`,
        args: options.argsFor({ id, url: `http://${options.host}:${port}` }),
        env: options.env,
        logFile: options.logFileFor(id),
        clock: options.clock,
        onChange: options.onChange,
        onNotice: options.onNotice,
      })
      const slot = { id, port, child }
      slots.push(slot)
      await child.start()
      return view(slot)
    },
    async start(id) {
      const slot = find(id)
      await slot.child.start()
      return view(slot)
    },
    async stop(id) {
      const slot = find(id)
      await slot.child.stop()
      return view(slot)
    },
    async [Symbol.asyncDispose]() {
      // Together, so that no work moves to a worker that stops next.
      await Promise.all(slots.map((slot) => slot.child[Symbol.asyncDispose]()))
    },
  }
}
