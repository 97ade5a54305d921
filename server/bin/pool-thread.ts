import { parentPort, workerData } from 'node:worker_threads'
import { catalog } from '#server/bin/catalog.ts'
import { systemClock } from '#server/contract/clock.ts'
import { withPluginPath } from '#server/runtime/plugin-path/load-packages.ts'
import { createStageBoard } from '#server/runtime/pool/stage-board.ts'
import { runPoolThread, type ThreadSettings } from '#server/runtime/pool/thread.ts'

/** A pool thread with everything that Sluice ships, and what is on `plugin.path`. */
if (!parentPort) throw new Error('pool-thread.ts runs as a worker thread')
const settings = workerData as ThreadSettings
const { packages, loadWithinMs, stageBoard } = settings
const { during } = createStageBoard(stageBoard)
const all = await withPluginPath(catalog, { packages, during, withinMs: loadWithinMs })
runPoolThread(parentPort, settings, all, systemClock)
