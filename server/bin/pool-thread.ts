import { parentPort, workerData } from 'node:worker_threads'
import { catalog } from '#server/bin/catalog.ts'
import { systemClock } from '#server/contract/clock.ts'
import { runPoolThread, type ThreadSettings } from '#server/runtime/pool/thread.ts'

/** A pool thread with everything that Sluice ships. */
if (!parentPort) throw new Error('pool-thread.ts runs as a worker thread')
runPoolThread(parentPort, workerData as ThreadSettings, catalog, systemClock)
