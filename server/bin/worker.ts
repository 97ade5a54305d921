import { serveWorker } from '#server/bin/serve-worker.ts'
import type { Settings } from '#server/bin/settings.ts'
import { createPeers } from '#server/rest/client.ts'
import { createWorker } from '#server/runtime/worker.ts'
import { readWorkerConfig } from '#server/runtime/worker-config.ts'

/** `sluice worker [worker.properties]`: one worker of a group, which it leaves when it is stopped. */
export const runWorker = (settings: Settings, poolThread?: URL): Promise<void> =>
  serveWorker(
    settings,
    {
      read: readWorkerConfig,
      create: (options, reach) => createWorker({ ...options, peers: createPeers(reach) }),
      nameOf: ({ groupId }) => groupId,
    },
    poolThread,
  )
