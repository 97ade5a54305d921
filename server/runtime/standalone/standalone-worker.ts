import { startStandaloneEngine } from '#server/runtime/standalone/standalone-engine.ts'
import { createWorkerOf, type Worker } from '#server/runtime/worker.ts'
import type { StandaloneConfig } from '#server/runtime/worker-config.ts'
import type { LoneWorkerOptions } from '#server/runtime/worker-options.ts'

/** A worker without a group: there is nothing that other workers may ask of it. */
export function createStandaloneWorker(options: LoneWorkerOptions<StandaloneConfig>): Omit<Worker, 'internal'> {
  const { internal: _, ...worker } = createWorkerOf(options, (begin) => startStandaloneEngine({ ...options, ...begin }))
  return worker
}
