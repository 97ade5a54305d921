import { readFileSync } from 'node:fs'
import { type ConnectorFile, parseConnectorFile } from '#server/bin/connector-file.ts'
import { serveWorker } from '#server/bin/serve-worker.ts'
import type { Settings } from '#server/bin/settings.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import { createStandaloneWorker } from '#server/runtime/standalone/standalone-worker.ts'
import { readStandaloneConfig } from '#server/runtime/worker-config.ts'

/** Kafka Connect's way out when a connector of the command line cannot be created (`ConnectStandalone`). */
const connectorErrorExitCode = 3

/**
 * `sluice standalone worker.properties [connector.properties|connector.json ...]`: one worker without a group, which begins
 * with the connectors of these files. One that cannot be created ends it, with exit code 3. `poolThread` is as in `runWorker`.
 */
export async function runStandalone(settings: Settings, poolThread?: URL): Promise<void> {
  const [workerFile, ...connectorFiles] = settings.positional
  if (workerFile === undefined || !workerFile.endsWith('.properties')) {
    throw new ConnectError('SETTING_INVALID', 'The first argument of standalone is the properties file of the worker.')
  }
  const connectors = connectorFiles.map(readConnectorFile)
  await serveWorker(
    settings,
    {
      read: readStandaloneConfig,
      create: createStandaloneWorker,
      nameOf: () => 'standalone',
      async begin(herder, logger) {
        try {
          for (const connector of connectors) await herder.create(connector)
          return true
        } catch (error) {
          logger.error(`Stopping after connector error: ${messageOf(error)}`, { error })
          process.exitCode = connectorErrorExitCode
          return false
        }
      },
    },
    poolThread,
  )
}

function readConnectorFile(path: string): ConnectorFile {
  try {
    return parseConnectorFile(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new ConnectError('SETTING_INVALID', `The connector file ${path} cannot be used: ${messageOf(cause)}`, {
      cause,
    })
  }
}
