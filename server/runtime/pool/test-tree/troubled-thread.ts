import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '#server/contract/clock.ts'
import { troubledCatalog } from '#server/runtime/pool/test-tree/troubled-plugins.ts'
import { runPoolThread, type ThreadSettings } from '#server/runtime/pool/thread.ts'

/** A pool thread that runs nothing but trouble. */
if (!parentPort) throw new Error('troubled-thread.ts runs as a worker thread')
runPoolThread(parentPort, workerData as ThreadSettings, troubledCatalog, systemClock)
