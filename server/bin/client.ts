import { styleText } from 'node:util'
import { UsageError } from '#server/cli/parse-command-line.ts'
import { runCli } from '#server/cli/run-cli.ts'
import { systemClock } from '#server/contract/clock.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'
import { createLogLevels } from '#server/observe/log-levels.ts'
import { createLogger } from '#server/observe/logger.ts'
import { createStreamSink } from '#server/observe/stream-sink.ts'
import { createRestClient } from '#server/rest/client.ts'
import { createTopics } from '#server/topics/topics.ts'

const colours = { bad: 'red', doubtful: 'yellow' } as const
/** One of several that does not answer keeps nobody waiting who asks them all. */
const oneWorkerMs = 5_000
const defaults = { url: 'http://127.0.0.1:8083', bootstrapServers: '127.0.0.1:9092' }

/** `sluice <command>` of the client: asks workers over REST, and Kafka for records, and sets the exit code. */
export async function runClient(name: string, args: readonly string[]): Promise<void> {
  await using lifecycle = createLifecycle()
  const enough = new AbortController()
  const stop = () => enough.abort()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  // A reader that has seen enough (`| head`) closes the pipe: that is no failure.
  process.stdout.on('error', stop)
  const print = (text: string) => void process.stdout.write(`${text}\n`)
  const io = { print, complain: (text: string) => console.error(text) }
  const logger = createLogger({
    name: 'sluice',
    sink: createStreamSink(process.stderr, 'text'),
    levels: createLogLevels({ root: 'ERROR', clock: systemClock }),
    clock: systemClock,
  })
  process.exitCode = await runCli(name, args, io, ({ url, bootstrapServers }) => ({
    herder: createRestClient(splitUrls(url ?? (process.env.SLUICE_URL || defaults.url))),
    workerAt: (at) => createRestClient([at], { timeoutMs: oneWorkerMs }),
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
    print,
    // Looks at NO_COLOR, FORCE_COLOR and whether this is a terminal.
    paint: (look, text) => styleText(colours[look], text, { stream: process.stdout }),
    clock: systemClock,
    signal: enough.signal,
  }))
  process.off('SIGINT', stop)
  process.off('SIGTERM', stop)
}

/** Addresses of workers; `host:port` alone is one, too. Throws UsageError for what is none. */
function splitUrls(text: string): string[] {
  const urls = text
    .split(',')
    .map((url) => url.trim().replace(/\/+$/, ''))
    .filter((url) => url !== '')
    .map((url) => (url.includes('://') ? url : `http://${url}`))
  if (urls.length > 0 && urls.every((url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ''))) return urls
  throw new UsageError(`--url (or SLUICE_URL) is "${text}", but must be http://host:port, or several with commas.`)
}
