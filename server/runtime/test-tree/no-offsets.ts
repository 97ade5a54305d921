import type { WorkerOffsets } from '#server/runtime/plugin-host.ts'

/** Nothing is stored, and nothing is read back. */
export const noOffsets: WorkerOffsets = {
  keepsAll: false,
  read: async (_connector, partitions) => partitions.map(() => null),
  write: async () => undefined,
}
