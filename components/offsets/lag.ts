import type { PartitionLag, SinkLag } from '#server/contract/connector.ts'

export const totalLag = (lag: readonly PartitionLag[]): number => lag.reduce((sum, each) => sum + each.lag, 0)

/** The lags of sinks by their names, after these were asked for: one that was not told is unknown again. */
export function lagsAfter(
  known: ReadonlyMap<string, number> | undefined,
  asked: readonly string[],
  told: readonly SinkLag[],
): ReadonlyMap<string, number> {
  const lags = new Map(known)
  for (const name of asked) lags.delete(name)
  for (const { connector, lag } of told) lags.set(connector, lag)
  return lags
}
