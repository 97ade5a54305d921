import type { PartitionLag } from '#server/contract/connector.ts'

export const totalLag = (lag: readonly PartitionLag[]): number => lag.reduce((sum, each) => sum + each.lag, 0)
