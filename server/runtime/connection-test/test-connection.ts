import type { ConnectionTest } from '#server/contract/connection-test.ts'
import type { ConnectorConfig } from '#server/contract/connector.ts'
import { createClientPool } from '#server/kafka/client-pool.ts'
import { reachKafka, readTopics } from '#server/runtime/connection-test/kafka-steps.ts'
import { createTester } from '#server/runtime/connection-test/tester.ts'
import { withoutNulls } from '#server/runtime/plugin-host.ts'
import { createTaskClients } from '#server/runtime/pool/task-clients.ts'
import { typedConfig } from '#server/runtime/pool/thread-plugins.ts'
import type { TrialOptions } from '#server/runtime/preview/previewer.ts'
import { clientUntil } from '#server/runtime/task/client-until.ts'
import { subscriptionOf } from '#server/runtime/task/sink-subscription.ts'
import { createTaskConverters, type TaskConverters } from '#server/runtime/task/task-converters.ts'
import { createTaskPlugins } from '#server/runtime/task/task-plugins.ts'
import { transformStages } from '#server/runtime/task/task-transforms.ts'
import { pluginKind } from '#server/sdk/connector.ts'

/** The whole test; a person waits for the answer. */
const testWithinMs = 60_000

/**
 * Tries from this worker whether a config could work: its placeholders and plugins, Kafka as its clients would reach it, its
 * topics, and what the connector itself tries (`testConnection`). Nothing is written and no group is joined.
 */
export async function testConnection(options: TrialOptions, raw: ConnectorConfig): Promise<ConnectionTest> {
  const { plugins, worker, during, clock, logger } = options
  const over = new AbortController()
  void clock.sleep(testWithinMs, over.signal).then(() => over.abort())
  const tester = createTester(clock, over.signal)
  let config: Record<string, string> = withoutNulls(raw)

  await tester.step(
    'Resolve placeholders',
    { hint: 'Check the providers of the worker, and the paths and keys.' },
    async () => {
      const { configs, problems } = await during('resolving the config of a connection test', () =>
        options.configs.look(config),
      )
      if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'))
      config = configs[0] ?? config
      return undefined
    },
  )
  const made = createTaskPlugins((stage, hook) => during(`${stage} a connection test`, hook), logger)
  let converters: TaskConverters | undefined
  const plugin = plugins.of(config)
  const isSink = plugin[pluginKind] === 'sink'
  await using pool = createClientPool({ clientId: options.clientId, clock, logger: logger.child('kafka') })
  const clients = createTaskClients(pool, worker, config)
  try {
    await tester.step('Make converters and transforms', {}, async () => {
      converters = await createTaskConverters(plugins.converters, config, worker, made.own)
      transformStages(plugins.recordPlugins, config, made.own)
      return undefined
    })
    const { client, properties } = clients.open(isSink ? 'consumer' : 'producer')
    const untilOver = clientUntil(client, over.signal)
    await reachKafka(tester, untilOver, properties)
    if (isSink) {
      await readTopics(
        tester,
        untilOver,
        subscriptionOf({ connector: config.name ?? 'test', task: 0 }, config, worker).subscribe,
      )
    }
    for (const converter of [converters?.key, converters?.value]) {
      await during('testing the connection of a converter', async () => converter?.testConnection?.(tester))
    }
    const { testConnection: tryItself } = await plugin.load()
    await during(`testing the connection of ${plugin.class}`, async () =>
      tryItself?.(typedConfig(plugin, config), tester),
    )
    return tester.result()
  } finally {
    over.abort()
    clients.release()
    await made.close()
  }
}
