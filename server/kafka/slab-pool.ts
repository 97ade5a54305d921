/** Slabs that nobody uses just now, shared by the producers of one thread, so that each need not keep its own. */
export interface SlabPool {
  readonly slabBytes: number
  take(): Buffer
  give(slab: Buffer): void
}

/** I12: the memory that one producer may have out in batches. */
export interface SlabBudget {
  readonly slabBytes: number
  take(): Buffer
  /** Only when nothing reads the slab any more: until the answer the socket may still. */
  give(slab: Buffer): void
  /** Resolves when another slab may be taken; rejects when the signal aborts. */
  room(signal?: AbortSignal): Promise<void>
}

/** @param kept slabs kept for reuse; beyond it they are left to the collector. */
export function createSlabPool(slabBytes: number, kept = 8): SlabPool {
  const free: Buffer[] = []
  return {
    slabBytes,
    take: () => free.pop() ?? Buffer.allocUnsafeSlow(slabBytes),
    give(slab) {
      if (free.length < kept) free.push(slab)
    },
  }
}

/** @param bufferBytes out at once before `room` waits (Kafka: `buffer.memory`); at least one slab. */
export function createSlabBudget(pool: SlabPool, bufferBytes: number): SlabBudget {
  const waiting = new Set<() => void>()
  const most = Math.max(1, Math.floor(bufferBytes / pool.slabBytes))
  let out = 0
  return {
    slabBytes: pool.slabBytes,
    take() {
      out++
      return pool.take()
    },
    give(slab) {
      out--
      pool.give(slab)
      for (const wake of [...waiting]) wake()
    },
    async room(signal) {
      signal?.throwIfAborted()
      while (out >= most) {
        await new Promise<void>((resolve) => {
          const done = () => {
            waiting.delete(done)
            signal?.removeEventListener('abort', done)
            resolve()
          }
          waiting.add(done)
          signal?.addEventListener('abort', done)
        })
        signal?.throwIfAborted()
      }
    },
  }
}
