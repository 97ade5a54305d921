import { type CliCommand, type CliTools, exitCodes } from '#server/cli/cli-command.ts'
import { answerOf, attempt, type Deed, eachInTurn } from '#server/cli/each-in-turn.ts'
import { UsageError } from '#server/cli/parse-command-line.ts'
import type { Drain } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { drain as drainJson } from '#server/rest/json.ts'

const lookAgainMs = 250

/** `sluice drain WORKER --wait`: hands the connectors and tasks of workers over to the others, before their maintenance. */
export const drain: CliCommand = {
  summary: 'empties workers before their maintenance: connectors and tasks move to the others one by one',
  words: ['<worker...>'],
  several: 'workers',
  options: {
    wait: { type: 'boolean', short: 'w', doc: 'Returns when the workers are empty.' },
    timeout: { type: 'string', doc: 'Waits at most this many seconds.' },
  },
  unwell: 'with --wait: a worker did not get empty',
  async run(input, tools) {
    const timeout = input.text('timeout')
    if (timeout !== undefined && !/^\d{1,6}$/.test(timeout)) {
      throw new UsageError(`--timeout is "${timeout}", but must be a whole number of seconds.`)
    }
    const told = { json: input.flag('json') }
    // All are asked before any is waited for: what one hands over should not go to the next that is going to be emptied.
    const begun = new Map<string, string>()
    const asked = await eachInTurn(input.words, tools, told, async (worker) => {
      const deed = deedOf(await tools.herder.drain(worker))
      begun.set(worker, deed.text)
      return deed
    })
    if (!input.flag('wait')) return answerOf(asked)

    const until = timeout === undefined ? Number.POSITIVE_INFINITY : tools.clock.monotonic() + Number(timeout) * 1_000
    const wait = async (worker: string) => {
      const show = (text: string) => told.json || tools.print(`${worker}: ${text}`)
      return deedOf(await follow(worker, begun.get(worker), until, tools, show))
    }
    const last = await Promise.all(
      asked.map((first) => (first.outcome === 'draining' ? attempt(first.name, tools, told, wait) : first)),
    )
    const empty = last.every(({ outcome }) => outcome === 'drained')
    return answerOf(last, empty ? exitCodes.done : exitCodes.unwell)
  },
}

const deedOf = (drain: Drain): Deed => ({
  outcome: drain.state,
  text: describe(drain),
  answer: drainJson.write(drain),
})

/** `sluice undrain WORKER...`: lets drained workers take work again. */
export const undrain: CliCommand = {
  summary: 'puts drained workers back: they take their share of the work again',
  words: ['<worker...>'],
  several: 'workers',
  run: async (input, tools) =>
    answerOf(
      await eachInTurn(input.words, tools, { json: input.flag('json') }, async (worker) => {
        await tools.herder.undrain(worker)
        return { outcome: 'put back', text: 'put back' }
      }),
    ),
}

/** How far it came: until it is drained or can not be, time is up, or the person has seen enough. */
async function follow(
  worker: string,
  begun: string | undefined,
  until: number,
  { herder, clock, signal }: CliTools,
  show: (text: string) => unknown,
): Promise<Drain> {
  for (let shown = begun; ; ) {
    const now = await progressOf(herder, worker)
    if (now.state !== 'draining' || clock.monotonic() >= until || signal.aborted) return now
    const text = describe(now)
    if (text !== shown) show(text)
    shown = text
    await clock.sleep(lookAgainMs, signal)
  }
}

async function progressOf(herder: CliTools['herder'], worker: string): Promise<Drain> {
  const { drains } = await herder.cluster()
  const now = drains.find((drain) => drain.worker === worker)
  if (now) return now
  throw new ConnectError('DRAIN_NOT_FOUND', `Worker ${worker} was put back meanwhile.`)
}

function describe({ state, left, waitsFor }: Drain): string {
  if (state === 'drained') return 'drained'
  if (state === 'absent') return 'not in the group; it is given nothing when it comes back'
  const pieces = `${left} ${left === 1 ? 'connector or task' : 'connectors and tasks'} left`
  if (state === 'draining') return `draining, ${pieces}`
  const why = waitsFor === 'leader' ? 'a JVM worker leads the group and knows no drains' : 'no other worker takes work'
  return `waiting, ${pieces}: ${why}`
}
