import { expect, test } from 'vitest'
import { oracleSink } from '#e2e/rest/test-tree/oracle-sink.ts'
import { oracleSource } from '#e2e/rest/test-tree/oracle-source.ts'
import { readRecording } from '#e2e/rest/test-tree/recording.ts'
import { differences } from '#e2e/rest/test-tree/same-answer.ts'
import { createTally } from '#e2e/rest/test-tree/tally.ts'
import { catalog as shipped } from '#server/bin/catalog.ts'
import { systemClock } from '#server/contract/clock.ts'
import type { Herder } from '#server/contract/herder.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createScrubber } from '#server/observe/scrubber.ts'
import { createWebHandler } from '#server/rest/test-tree/web-handler.ts'
import type { HerderContext } from '#server/runtime/herder/context.ts'
import { createReads } from '#server/runtime/herder/reads.ts'
import { createValidation } from '#server/runtime/herder/validation.ts'
import { definitionsOf } from '#server/runtime/pool/plugin-definitions.ts'
import { createThreadConfigs } from '#server/runtime/pool/thread-configs.ts'
import { createThreadPlugins } from '#server/runtime/pool/thread-plugins.ts'
import { createThreadValidation } from '#server/runtime/pool/thread-validation.ts'
import { readWorkerConfig } from '#server/runtime/worker-config.ts'

/** The plugins that were installed when Kafka Connect 4.3.1 was recorded, as they are shipped here. */
const catalog = { ...shipped, connectors: [...shipped.connectors, oracleSource, oracleSink] }
const worker = {
  'bootstrap.servers': '127.0.0.1:1',
  'group.id': 'connect-oracle',
  'config.storage.topic': 'c',
  'offset.storage.topic': 'o',
  'status.storage.topic': 's',
  'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
}

/** What a worker answers about plugins, without a worker: the functions of the pool and of the herder, called here. */
function createPluginAnswers(): Pick<Herder, 'plugins' | 'pluginConfig' | 'validate'> {
  const definitions = definitionsOf(catalog)
  const configs = createThreadConfigs({
    providers: catalog.providers,
    worker,
    scrubber: createScrubber(),
    isPassword: () => false,
    onStale: () => undefined,
    clock: systemClock,
    logger: quietLogger,
  })
  const validate = createThreadValidation({
    catalog,
    plugins: createThreadPlugins(catalog),
    configs,
    during: async (_stage, hook) => await hook(),
    scrub: (text) => text,
  })
  const config = readWorkerConfig(worker)
  const context = { config, host: { definitions: () => definitions, validate } } as unknown as HerderContext
  const { plugins, pluginConfig } = createReads(context)
  return { plugins, pluginConfig, validate: (_plugin, given) => createValidation(context).validate(given) }
}

test('configdef.jsonl: plugins and their configs are told as Kafka Connect tells them', async () => {
  const handle = createWebHandler({
    herder: createPluginAnswers() as Herder,
    profile: 'compat',
    clock: systemClock,
    logger: quietLogger,
    version: 'test',
  })
  const tally = createTally('configdef.jsonl')
  for (const step of readRecording('configdef.jsonl')) {
    const request = new Request(`http://127.0.0.1:8083${step.path}`, {
      method: step.method,
      headers: step.headers ?? {},
      ...(step.body !== undefined && { body: step.body }),
    })
    const response = await handle(request, step.path)
    const answer = { status: response.status, headers: response.headers, text: await response.text() }
    tally.note(step, differences(step, answer, []))
  }
  tally.print()
  expect(tally.failed()).toEqual([])
})
