import type { Fingerprint } from '#server/console/fingerprint.ts'
import type { ConfigHistory, NewVersion } from '#server/console/history.ts'
import { type StoredConfig, toStored } from '#server/console/stored-config.ts'
import type { Clock } from '#server/contract/clock.ts'
import type { ConnectorConfig, ConnectorInfo } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { IsPassword } from '#server/contract/secret-values.ts'

/**
 * Takes every config that passes through the console into the history, in the order in which it passed. Keeping it never
 * delays or fails what was asked of the cluster: a database that is not there yet is waited for, a failure is logged.
 */
export interface ConfigRecorder extends AsyncDisposable {
  /** The moment at which a reading begins, for `seen` and `vanished`. */
  now(): number
  /** A config that was read. Ignored when the console itself changed it meanwhile: what was read may be older. */
  seen(cluster: string, connector: string, reading: Reading): void
  /** A connector that is there no more. */
  vanished(cluster: string, connector: string, since: number): void
  /** Runs a change and takes what came of it. */
  writing(
    cluster: string,
    connector: string,
    isPassword: IsPassword,
    write: () => Promise<ConnectorInfo>,
  ): Promise<ConnectorInfo>
  deleting(cluster: string, connector: string, remove: () => Promise<void>): Promise<void>
}

interface Reading {
  config: ConnectorConfig
  isPassword: IsPassword
  since: number
}

/** A worker may answer with the config before for this long after another one took the change. */
const settleMs = 3_000

export function createConfigRecorder(options: {
  history: Pick<ConfigHistory, 'record'>
  fingerprint: Fingerprint
  clock: Pick<Clock, 'now'>
  logger: Logger
  onRecorded: (cluster: string) => void
}): ConfigRecorder {
  const { history, fingerprint, clock, logger } = options
  /** The newest config of each connector that went to the history, so that a poll costs no query. */
  const newest = new Map<string, string>()
  const writes = new Map<string, { open: number; endedAt: number }>()
  let queue = Promise.resolve()
  let closed = false

  const keyOf = (cluster: string, connector: string) => JSON.stringify([cluster, connector])

  function keep(version: NewVersion): void {
    const key = keyOf(version.cluster, version.connector)
    const text = textOf(version.config)
    if (closed || newest.get(key) === text) return
    newest.set(key, text)
    queue = queue.then(async () => {
      if (closed) return
      try {
        await history.record(version)
        options.onRecorded(version.cluster)
      } catch (error) {
        // Seen again, it is tried again.
        if (newest.get(key) === text) newest.delete(key)
        logger.warn('A config could not be kept in the history', { connector: version.connector, error })
      }
    })
  }

  function settled(key: string, since: number): boolean {
    const write = writes.get(key)
    if (!write) return true
    if (write.open > 0 || write.endedAt + settleMs > since) return false
    writes.delete(key)
    return true
  }

  async function during<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const write = writes.get(key) ?? { open: 0, endedAt: 0 }
    writes.set(key, write)
    write.open++
    try {
      return await work()
    } finally {
      write.open--
      write.endedAt = clock.now()
    }
  }

  return {
    now: () => clock.now(),
    seen(cluster, connector, { config, isPassword, since }) {
      if (!settled(keyOf(cluster, connector), since)) return
      keep({ cluster, connector, config: toStored(config, isPassword, fingerprint), by: 'elsewhere' })
    },
    vanished(cluster, connector, since) {
      if (settled(keyOf(cluster, connector), since)) keep({ cluster, connector, config: null, by: 'elsewhere' })
    },
    writing: (cluster, connector, isPassword, write) =>
      during(keyOf(cluster, connector), async () => {
        const info = await write()
        keep({ cluster, connector, config: toStored(info.config, isPassword, fingerprint), by: 'console' })
        return info
      }),
    deleting: (cluster, connector, remove) =>
      during(keyOf(cluster, connector), async () => {
        await remove()
        keep({ cluster, connector, config: null, by: 'console' })
      }),
    async [Symbol.asyncDispose]() {
      closed = true
    },
  }
}

const textOf = (config: StoredConfig | null): string =>
  JSON.stringify(config && Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1)))
