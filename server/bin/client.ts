import { runCli } from '#server/cli/run-cli.ts'
import { systemClock } from '#server/contract/clock.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'
import { createLogLevels } from '#server/observe/log-levels.ts'
import { createLogger } from '#server/observe/logger.ts'
import { createStreamSink } from '#server/observe/stream-sink.ts'
import { createRestClient } from '#server/rest/client.ts'
import { createTopics } from '#server/topics/topics.ts'

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
    herder: createRestClient(splitUrls(url ?? process.env.SLUICE_URL ?? defaults.url)),
    workerAt: (at) => createRestClient([at]),
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
    clock: systemClock,
    signal: enough.signal,
  }))
  process.off('SIGINT', stop)
  process.off('SIGTERM', stop)
}

const splitUrls = (text: string): string[] =>
  text
    .split(',')
    .map((url) => url.trim().replace(/\/+$/, ''))
    .filter((url) => url !== '')
