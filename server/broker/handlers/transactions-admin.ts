import type { BrokerState } from '#server/broker/broker-state.ts'
import { codeOf } from '#server/broker/error-answer.ts'
import type { Handlers } from '#server/broker/handlers/handler.ts'
import { transactionStates } from '#server/broker/transactions/transaction.ts'

/** Looking at transactions. */
export function transactionsAdmin({ transactions, clock }: BrokerState) {
  return {
    DescribeTransactions: ({ transactionalIds }) => ({
      transactionStates: transactionalIds.map((transactionalId) => {
        const known = transactions.all().get(transactionalId)
        if (!known) return { transactionalId, errorCode: codeOf('TRANSACTIONAL_ID_NOT_FOUND') }
        return {
          errorCode: 0,
          transactionalId,
          transactionState: known.state,
          transactionTimeoutMs: known.timeoutMs,
          transactionStartTimeMs: known.startedAt,
          producerId: known.producerId,
          producerEpoch: known.epoch,
          topics: [...known.partitions].map(([topic, partitions]) => ({ topic, partitions: [...partitions] })),
        }
      }),
    }),

    async ListTransactions({ stateFilters, producerIdFilters, durationFilter, transactionalIdPattern }) {
      const names: readonly string[] = transactionStates
      const unknownStateFilters = stateFilters.filter((state) => !names.includes(state))
      const matches = transactionalIdPattern ? await patternOf(transactionalIdPattern) : () => true
      if (!matches) return { errorCode: codeOf('INVALID_REGULAR_EXPRESSION'), transactionStates: [] }
      // Unknown states alone ask for nothing, not for everything.
      const nothing = stateFilters.length > 0 && unknownStateFilters.length === stateFilters.length
      const listed = [...transactions.all()].filter(
        ([id, { state, producerId, startedAt }]) =>
          (stateFilters.length === 0 || stateFilters.includes(state)) &&
          (producerIdFilters.length === 0 || producerIdFilters.includes(producerId)) &&
          (durationFilter < 0 || (startedAt >= 0 && clock.now() - startedAt > durationFilter)) &&
          matches(id),
      )
      return {
        errorCode: 0,
        unknownStateFilters,
        transactionStates: (nothing ? [] : listed).map(([transactionalId, { producerId, state }]) => ({
          transactionalId,
          producerId,
          transactionState: state,
        })),
      }
    },
  } satisfies Handlers
}

/** Kafka's own kind of pattern, in linear time whatever it says; undefined when it is none. Loaded when it is asked for. */
async function patternOf(text: string): Promise<((id: string) => boolean) | undefined> {
  const { RE2JS } = await import('re2js')
  try {
    const pattern = RE2JS.compile(text)
    return (id) => pattern.matches(id)
  } catch {
    return undefined
  }
}
