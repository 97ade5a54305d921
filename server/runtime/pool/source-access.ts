import type { Clock } from '#server/contract/clock.ts'
import type { ConnectorOffset } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import { exactlyOnceSupportOf } from '#server/core/exactly-once.ts'
import { offsetPlaceOf } from '#server/core/offset-place.ts'
import { encodeOffsetRecord } from '#server/core/offset-record.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import type { ClientPool } from '#server/kafka/client-pool.ts'
import type { SlabPool } from '#server/kafka/slab-pool.ts'
import { type OwnOffsets, openOwnOffsets } from '#server/runtime/pool/own-offsets.ts'
import { createTaskClients, type TaskClients } from '#server/runtime/pool/task-clients.ts'
import { openTransactions, taskTransactionalId } from '#server/runtime/pool/task-transactions.ts'

type Properties = Readonly<Record<string, string>>

/** What is done at the Kafka of a source connector on behalf of its tasks, with its clients; the config is resolved. */
export interface SourceAccess {
  fenceTasks(connector: string, config: Properties, tasks: number): Promise<void>
  /** Undefined: the connector has no offsets topic for itself. */
  ownOffsets(connector: string, config: Properties): Promise<ConnectorOffset[] | undefined>
  storeOffsets(connector: string, config: Properties, offsets: readonly ConnectorOffset[]): Promise<void>
}

export function createSourceAccess(options: {
  pool: ClientPool
  slabs: SlabPool
  /** The worker's properties. */
  worker: Properties
  clock: Clock
  logger: Logger
}): SourceAccess {
  const { worker, slabs, clock, logger } = options
  const exactlyOnce = exactlyOnceSupportOf(worker) === 'enabled'

  async function withClients<Result>(config: Properties, work: (clients: TaskClients) => Promise<Result>) {
    const clients = createTaskClients(options.pool, worker, config)
    try {
      return await work(clients)
    } finally {
      clients.release()
    }
  }

  const placeOf = (clients: TaskClients, connector: Properties) =>
    offsetPlaceOf({ worker, connector, producer: clients.open('producer').properties, exactlyOnce })

  async function withOwnOffsets<Result>(
    clients: TaskClients,
    config: Properties,
    work: (own: OwnOffsets | undefined, topic: string) => Promise<Result>,
  ): Promise<Result> {
    const { topic, own: isOwn } = placeOf(clients, config)
    if (!isOwn) return work(undefined, topic)
    await using own = openOwnOffsets({ topic, worker, clients, clock, logger })
    await own.start(new AbortController().signal)
    return await work(own, topic)
  }

  /** As task 0 would, so that a zombie of it cannot write any more (Kafka: `Worker.modifySourceConnectorOffsets`). */
  async function storeInTransaction(
    clients: TaskClients,
    connector: string,
    topic: string,
    offsets: readonly ConnectorOffset[],
  ) {
    const { client, properties } = clients.open('producer')
    const id = { connector, task: 0 }
    await using transactions = openTransactions(client, { id, worker, properties, slabs, logger })
    await transactions.initTransactions()
    transactions.begin()
    const records = offsets.map((entry) => encodeOffsetRecord({ connector, ...entry }))
    await transactions.producer.produce(
      topic,
      records.map(({ key, value }) => ({
        key: Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
      })),
    )
    await transactions.commit()
  }

  return {
    fenceTasks: (connector, config, tasks) =>
      withClients(config, async (clients) => {
        const groupId = worker['group.id'] ?? ''
        const ids = Array.from({ length: tasks }, (_, task) => taskTransactionalId(groupId, { connector, task }))
        await createAdmin(clients.open('admin').client).fenceProducers(ids)
      }),
    ownOffsets: (connector, config) =>
      withClients(config, (clients) => withOwnOffsets(clients, config, async (own) => own?.all(connector))),
    storeOffsets: (connector, config, offsets) =>
      withClients(config, (clients) =>
        withOwnOffsets(clients, config, async (own, topic) => {
          if (offsets.length === 0) return
          if (exactlyOnce) await storeInTransaction(clients, connector, topic, offsets)
          else await own?.alter(connector, offsets)
        }),
      ),
  }
}
