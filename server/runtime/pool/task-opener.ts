import { createClientPool } from '#server/kafka/client-pool.ts'
import { createSlabPool } from '#server/kafka/slab-pool.ts'
import type { TaskStart } from '#server/runtime/plugin-host.ts'
import { type OpenTaskOptions, openTask } from '#server/runtime/pool/open-task.ts'
import { type BudgetPlace, createThreadMemory } from '#server/runtime/pool/record-budget.ts'
import type { SourceAccess } from '#server/runtime/pool/source-access.ts'
import type { HeldTaskEvents } from '#server/runtime/pool/thread-tasks.ts'
import type { TaskRunner } from '#server/runtime/task/task-runner.ts'

/** Opens the tasks of one thread, and owns the connections to Kafka and the memory that they share. */
export interface TaskOpener extends AsyncDisposable {
  open(start: TaskStart, events: HeldTaskEvents): Promise<TaskRunner>
  /** The same connections, for what is done on behalf of tasks that do not run. */
  access(): Promise<SourceAccess>
}

/** As large as a batch may be for a broker with its own settings (`max.message.bytes`). */
const slabBytes = 1024 * 1024

/** Apart from the thread itself, because a thread without tasks needs nothing of what a task runs on. */
export function createTaskOpener(
  options: Omit<OpenTaskOptions, 'clients' | 'slabs' | 'memory'> & { clientId: string; budget: BudgetPlace },
): TaskOpener {
  const { clientId, clock, logger } = options
  const clients = createClientPool({ clientId, clock, logger: logger.child('kafka') })
  const slabs = createSlabPool(slabBytes)
  const opening: OpenTaskOptions = { ...options, clients, slabs, memory: createThreadMemory(options.budget) }
  return {
    open: (start, events) => openTask(opening, start, events),
    async access() {
      const { createSourceAccess } = await import('#server/runtime/pool/source-access.ts')
      return createSourceAccess({ ...options, pool: clients, slabs })
    },
    [Symbol.asyncDispose]: () => clients[Symbol.asyncDispose](),
  }
}
