import type { Logger } from '#server/contract/logger.ts'
import type { Ack } from '#server/kafka/ack.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import type { ProducedRecord, Producer } from '#server/kafka/producer.ts'
import { createTransactionalProducer, type TransactionalProducer } from '#server/kafka/transactional-producer.ts'
import { clientUntil } from '#server/runtime/task/client-until.ts'

/**
 * Writes that one worker at a time may make (Kafka: the fencable producer of `KafkaConfigBackingStore`, KIP-618). What is
 * given to one `produce` appears together or not at all.
 */
export interface FencedWriter extends Pick<Producer, 'produce'>, AsyncDisposable {
  /**
   * Takes the right to write from whoever had it; nothing that he still sends is taken from then on (I11). A right that is
   * held is kept.
   */
  claim(): Promise<void>
  /** Gives up the right, and whatever is under way. */
  abandon(): void
}

export function createFencedWriter(options: {
  client: KafkaClient
  transactionalId: string
  /** After it Kafka aborts what a writer left open that is gone. */
  transactionTimeoutMs: number
  logger: Logger
}): FencedWriter {
  const { transactionalId, transactionTimeoutMs, logger } = options
  let held: { transactions: TransactionalProducer; over: AbortController } | undefined
  /** Claims and writes, one after the other. */
  let last: Promise<unknown> = Promise.resolve()

  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = last.then(work)
    last = turn.catch(() => undefined) // told to whoever asked
    return turn
  }

  async function claimed(): Promise<TransactionalProducer> {
    if (held) return held.transactions
    const over = new AbortController()
    const transactions = createTransactionalProducer(clientUntil(options.client, over.signal), {
      ...{ transactionalId, transactionTimeoutMs },
    })
    held = { transactions, over }
    try {
      await transactions.initTransactions()
    } catch (error) {
      if (held?.transactions === transactions) abandon()
      throw error
    }
    return transactions
  }

  async function write(topic: string, records: readonly ProducedRecord[]): Promise<Ack[]> {
    const transactions = await claimed()
    try {
      transactions.begin()
      const acks = await transactions.producer.produce(topic, records)
      await transactions.commit()
      return acks
    } catch (error) {
      // What stays open would hide from everybody whatever is written after it.
      if (held?.transactions === transactions) {
        if (transactions.state === 'to abort') await abort(transactions)
        if (transactions.state !== 'ready') abandon()
      }
      throw error
    }
  }

  async function abort(transactions: TransactionalProducer): Promise<void> {
    try {
      await transactions.abort()
    } catch (error) {
      logger.warn(`A write of ${transactionalId} could not be aborted; Kafka does it in time`, { error })
    }
  }

  function abandon(): void {
    held?.over.abort()
    void held?.transactions[Symbol.asyncDispose]()
    held = undefined
  }

  return {
    claim: () =>
      inTurn(async () => {
        await claimed()
      }),
    produce: (topic, records) => inTurn(() => write(topic, records)),
    abandon,
    async [Symbol.asyncDispose]() {
      await last
      abandon()
    },
  }
}
