import { parentPort, workerData } from 'node:worker_threads'
import { oracleSink } from '#e2e/rest/test-tree/oracle-sink.ts'
import { oracleSource } from '#e2e/rest/test-tree/oracle-source.ts'
import { catalog } from '#server/bin/catalog.ts'
import { systemClock } from '#server/contract/clock.ts'
import { runPoolThread, type ThreadSettings } from '#server/runtime/pool/thread.ts'

/** A pool thread with what Sluice ships and the two connectors of the recordings. */
if (!parentPort) throw new Error('oracle-thread.ts runs as a worker thread')
const connectors = [...catalog.connectors, oracleSource, oracleSink]
runPoolThread(parentPort, workerData as ThreadSettings, { ...catalog, connectors }, systemClock)
