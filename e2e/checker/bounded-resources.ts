import { type CreateCheck, each } from '#e2e/checker/check.ts'

/** I12: after any number of cycles a process holds what it held when it was warm, but for an allowance. */
export const boundedResources =
  ({
    warmAfterCycles,
    memoryBytes,
    descriptors,
  }: {
    warmAfterCycles: number
    memoryBytes: number
    descriptors: number
  }): CreateCheck =>
  (report) => {
    const processes = each(() => ({ warm: undefined as { memoryBytes: number; descriptors: number } | undefined }))
    return {
      see(one) {
        if (one.kind !== 'usage' || one.cycle < warmAfterCycles) return
        const { warm } = processes.of(one.process)
        if (!warm) {
          processes.of(one.process).warm = one
          return
        }
        const [bytes, handles] = [one.memoryBytes - warm.memoryBytes, one.descriptors - warm.descriptors]
        if (bytes > memoryBytes) report(`${one.process} holds ${bytes} bytes more after cycle ${one.cycle}`)
        if (handles > descriptors) report(`${one.process} holds ${handles} descriptors more after cycle ${one.cycle}`)
      },
    }
  }
