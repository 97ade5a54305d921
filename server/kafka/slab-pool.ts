/** Slabs that nobody uses just now, shared by the producers of one thread, so that each need not keep its own. */
export interface SlabPool {
  readonly slabBytes: number
  /** A slab, or memory of its own for more than fits one. */
  take(bytes?: number): Buffer
  give(slab: Buffer): void
  /** Whether that much more may be out, whoever has the rest. */
  fits(bytes: number): boolean
}

/** I12: the memory that one producer may have out in batches, in bytes. */
export interface SlabBudget {
  readonly slabBytes: number
  take(bytes?: number): Buffer
  /** Only when nothing reads the slab any more: until the answer the socket may still. */
  give(slab: Buffer): void
  /** What is left of the budget. */
  readonly available: number
  /** Whether that much may be taken now, a slab by default. While nothing is out anything may. */
  fits(bytes?: number): boolean
  /** Resolves when it may; rejects when the signal aborts. */
  room(signal?: AbortSignal, bytes?: number): Promise<void>
}

/** @param kept slabs kept for reuse; beyond it they are left to the collector. */
export function createSlabPool(slabBytes: number, kept = 8): SlabPool {
  const free: Buffer[] = []
  return {
    slabBytes,
    take: (bytes = slabBytes) =>
      (bytes > slabBytes ? undefined : free.pop()) ?? Buffer.allocUnsafeSlow(Math.max(bytes, slabBytes)),
    give(slab) {
      if (slab.length === slabBytes && free.length < kept) free.push(slab)
    },
    fits: () => true,
  }
}

/** @param bufferBytes out at once before `room` waits (Kafka: `buffer.memory`). */
export function createSlabBudget(pool: SlabPool, bufferBytes: number): SlabBudget {
  const { slabBytes } = pool
  const waiting = new Set<() => void>()
  let out = 0
  function fits(bytes = slabBytes): boolean {
    const wanted = Math.max(bytes, slabBytes)
    return out === 0 || (out + wanted <= bufferBytes && pool.fits(wanted))
  }
  return {
    slabBytes,
    get available() {
      return Math.max(0, bufferBytes - out)
    },
    take(bytes) {
      const slab = pool.take(bytes)
      out += slab.length
      return slab
    },
    give(slab) {
      out -= slab.length
      pool.give(slab)
      for (const wake of [...waiting]) wake()
    },
    fits,
    async room(signal, bytes) {
      signal?.throwIfAborted()
      while (!fits(bytes)) {
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
