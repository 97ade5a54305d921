import { styleText } from 'node:util'
import { runCli } from '#server/cli/run-cli.ts'
import { quickestFirst, readWorkerUrls } from '#server/cli/worker-urls.ts'
import { systemClock } from '#server/contract/clock.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'
import { createLogLevels } from '#server/observe/log-levels.ts'
import { createLogger } from '#server/observe/logger.ts'
import { createStreamSink } from '#server/observe/stream-sink.ts'
import { createRestClient } from '#server/rest/client.ts'
import { workerFetch } from '#server/rest/worker-fetch.ts'
import { createTopics } from '#server/topics/topics.ts'

const colours = { bad: 'red', doubtful: 'yellow' } as const
/** One of several that does not answer keeps nobody waiting who asks them all. */
const oneWorkerMs = 5_000
/** What a shell says of a program that Ctrl-C ended. */
const interrupted = 130
const lastWordMs = 1_000
const defaults = { url: 'http://127.0.0.1:8083', bootstrapServers: '127.0.0.1:9092' }

/** `sluice <command>` of the client: asks workers over REST, and Kafka for records, and sets the exit code. */
export async function runClient(name: string, args: readonly string[]): Promise<void> {
  await using lifecycle = createLifecycle()
  const enough = new AbortController()
  /** A worker that says nothing keeps no process that has told what it knows. */
  const over = new AbortController()
  let lastWord: NodeJS.Timeout | undefined
  const stop = () => {
    enough.abort()
    // What follows something ends by itself; a request to a worker that says nothing would not.
    lastWord ??= setTimeout(() => process.exit(interrupted), lastWordMs)
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  // A reader that has seen enough (`| head`) closes the pipe: that is no failure.
  process.stdout.on('error', stop)
  const io = {
    print: (text: string) => void process.stdout.write(`${text}\n`),
    complain: (text: string) => console.error(text),
  }
  const logger = createLogger({
    name: 'sluice',
    sink: createStreamSink(process.stderr, 'text'),
    levels: createLogLevels({ root: 'ERROR', clock: systemClock }),
    clock: systemClock,
  })
  process.exitCode = await runCli(name, args, io, async ({ url, bootstrapServers }) => ({
    herder: createRestClient(
      await quickestFirst(readWorkerUrls(url ?? (process.env.SLUICE_URL || defaults.url)), reach),
      { signal: over.signal },
    ),
    workerAt: (at) => createRestClient([at], { timeoutMs: oneWorkerMs, signal: over.signal }),
    topics: () =>
      lifecycle.own(
        createTopics({
          kafka: {
            'bootstrap.servers': bootstrapServers ?? process.env.BOOTSTRAP_SERVERS ?? defaults.bootstrapServers,
          },
          clock: systemClock,
          logger,
        }),
      ),
    ...io,
    // Looks at NO_COLOR, FORCE_COLOR and whether this is a terminal.
    paint: (look, text) => styleText(colours[look], text, { stream: process.stdout }),
    clock: systemClock,
    signal: enough.signal,
  }))
  over.abort()
  clearTimeout(lastWord)
  process.off('SIGINT', stop)
  process.off('SIGTERM', stop)
}

/** Whether something is there that speaks HTTP; what it says is not looked at. */
async function reach(url: string, over: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([over, AbortSignal.timeout(oneWorkerMs)])
  const answer = await workerFetch(`${url}/`, { method: 'GET', headers: {}, signal })
  await answer.body?.cancel()
}
