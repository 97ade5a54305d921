/** The workers that `npm start` runs as child processes; the Workers page starts, stops and adds them through this. */
export interface EmbeddedWorkers {
  list(): EmbeddedWorker[]
  /** One more worker on the next free port; resolves when its REST API answers. */
  add(): Promise<EmbeddedWorker>
  start(id: number): Promise<EmbeddedWorker>
  /** Clean stop: tasks drained, offsets committed; it stays stopped until `start`. */
  stop(id: number): Promise<EmbeddedWorker>
}

export type EmbeddedWorkerState =
  | { state: 'starting' }
  | { state: 'running'; pid: number; since: number }
  | { state: 'stopping' }
  | { state: 'stopped' }
  /** It died and comes back at `retryAt` (ms since the epoch). */
  | { state: 'restarting'; retryAt: number; exit: string }

export type EmbeddedWorker = EmbeddedWorkerState & {
  id: number
  url: string
  /** `host:port`, as statuses name it. */
  workerId: string
  /** How often it died since the supervisor started. */
  deaths: number
}
