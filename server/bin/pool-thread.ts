import { parentPort, workerData } from 'node:worker_threads'
import { connectors } from '#server/connectors/catalog.ts'
import { systemClock } from '#server/contract/clock.ts'
import { converters } from '#server/converters/catalog.ts'
import { runPoolThread, type ThreadSettings } from '#server/runtime/pool/thread.ts'

/** Hands a pool thread its catalog: the only place where the engine meets the plugins. */
if (!parentPort) throw new Error('pool-thread.ts runs as a worker thread')
runPoolThread(parentPort, workerData as ThreadSettings, { connectors, converters }, systemClock)
