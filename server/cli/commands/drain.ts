import { type CliCommand, type CliTools, exitCodes } from '#server/cli/cli-command.ts'
import { UsageError } from '#server/cli/parse-command-line.ts'
import type { Drain } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'

const lookAgainMs = 250

/** `sluice drain WORKER --wait`: hands a worker's connectors and tasks over to the others, before its maintenance. */
export const drain: CliCommand = {
  summary: 'empties a worker before its maintenance: its connectors and tasks move to the others one by one',
  words: ['<worker>'],
  options: {
    wait: { type: 'boolean', short: 'w', doc: 'Returns when the worker is empty.' },
    timeout: { type: 'string', doc: 'Waits at most this many seconds.' },
  },
  unwell: 'with --wait: the worker did not get empty',
  async run(input, tools) {
    const [worker = ''] = input.words
    const timeout = input.text('timeout')
    if (timeout !== undefined && !/^\d{1,6}$/.test(timeout)) {
      throw new UsageError(`--timeout is "${timeout}", but must be a whole number of seconds.`)
    }
    const asked = await tools.herder.drain(worker)
    if (!input.flag('wait')) return { data: asked, text: describe(asked) }
    const until = timeout === undefined ? Number.POSITIVE_INFINITY : tools.clock.monotonic() + Number(timeout) * 1_000
    const last = await follow(asked, until, tools, (now) => {
      if (!input.flag('json')) tools.print(describe(now))
    })
    return {
      data: last,
      text: describe(last),
      exitCode: last.state === 'drained' ? exitCodes.done : exitCodes.unwell,
    }
  },
}

/** `sluice undrain WORKER...`: lets drained workers take work again. */
export const undrain: CliCommand = {
  summary: 'puts drained workers back: they take their share of the work again',
  words: ['<worker...>'],
  async run({ words }, { herder }) {
    for (const worker of words) await herder.undrain(worker)
    return { data: words, text: words.map((worker) => `${worker}: put back`).join('\n') }
  },
}

/** How far it came: until it is drained or can not be, time is up, or the person has seen enough. */
async function follow(asked: Drain, until: number, tools: CliTools, tell: (now: Drain) => void): Promise<Drain> {
  const { herder, clock, signal } = tools
  let told = ''
  for (let now = asked; ; now = await progressOf(herder, now)) {
    if (now.state !== 'draining') return now
    if (describe(now) !== told) tell(now)
    told = describe(now)
    if (clock.monotonic() >= until) return now
    await clock.sleep(lookAgainMs, signal)
    if (signal.aborted) return now
  }
}

async function progressOf(herder: CliTools['herder'], known: Drain): Promise<Drain> {
  const { drains } = await herder.cluster()
  const now = drains.find(({ worker }) => worker === known.worker)
  if (now) return now
  throw new ConnectError('DRAIN_NOT_FOUND', `Worker ${known.worker} was put back meanwhile.`)
}

function describe({ worker, state, left, waitsFor }: Drain): string {
  if (state === 'drained') return `${worker}: drained`
  if (state === 'absent') return `${worker}: not in the group; it is given nothing when it comes back`
  const pieces = `${left} ${left === 1 ? 'connector or task' : 'connectors and tasks'} left`
  if (state === 'draining') return `${worker}: draining, ${pieces}`
  const why = waitsFor === 'leader' ? 'a JVM worker leads the group and knows no drains' : 'no other worker takes work'
  return `${worker}: waiting, ${pieces}: ${why}`
}
