import {
  type Transaction,
  type TransactionPartitions,
  transactionStates,
} from '#server/broker/transactions/transaction.ts'
import { structCodec } from '#server/protocol/field-codec.ts'
import { Reader } from '#server/protocol/reader.ts'
import type { FieldSchema } from '#server/protocol/schema.ts'
import { Writer } from '#server/protocol/writer.ts'

// The bytes are Kafka's own (TransactionLogKey 0, TransactionLogValue 1), so that its tools can print them.

const always = [0, 32767] as const
const newProducer = (tag: number, fallback: number) => ({ tag, tagged: [1, 32767], fallback }) as const

const valueVersion = 1
const valueSchema: readonly FieldSchema[] = [
  ['producerId', 'int64', always],
  ['previousProducerId', 'int64', [1, 32767], newProducer(0, -1)],
  ['nextProducerId', 'int64', [1, 32767], newProducer(1, -1)],
  ['producerEpoch', 'int16', always],
  ['nextProducerEpoch', 'int16', [1, 32767], newProducer(3, -1)],
  ['transactionTimeoutMs', 'int32', always],
  ['transactionStatus', 'int8', always],
  [
    'transactionPartitions',
    '[]struct',
    always,
    {
      nullable: always,
      fields: [
        ['topic', 'string', always],
        ['partitionIds', '[]int32', always],
      ],
    },
  ],
  ['transactionLastUpdateTimestampMs', 'int64', always],
  ['transactionStartTimestampMs', 'int64', always],
  ['clientTransactionVersion', 'int16', [1, 32767], newProducer(2, 0)],
]

interface StoredValue {
  producerId: number
  previousProducerId: number
  nextProducerId: number
  producerEpoch: number
  transactionTimeoutMs: number
  transactionStatus: number
  transactionPartitions: { topic: string; partitionIds: number[] }[] | null
  transactionLastUpdateTimestampMs: number
  transactionStartTimestampMs: number
  clientTransactionVersion: number
}

export function encodeTransactionKey(transactionalId: string): Buffer {
  const writer = new Writer()
  writer.int16(0)
  const length = Buffer.byteLength(transactionalId)
  writer.int16(length)
  writer.text(transactionalId, length)
  return Buffer.concat(writer.finish())
}

/** Undefined for a kind of record that this broker does not write. */
export function decodeTransactionKey(key: Buffer): string | undefined {
  const reader = new Reader(key)
  if (reader.int16() !== 0) return undefined
  return reader.text(reader.int16())
}

export function encodeTransaction(transaction: Transaction): Buffer {
  const writer = new Writer()
  writer.int16(valueVersion)
  const value: StoredValue = {
    producerId: transaction.producerId,
    previousProducerId: transaction.previousProducerId,
    nextProducerId: transaction.nextProducerId,
    producerEpoch: transaction.epoch,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStatus: transactionStates.indexOf(transaction.state),
    transactionPartitions: [...transaction.partitions].map(([topic, ids]) => ({ topic, partitionIds: [...ids] })),
    transactionLastUpdateTimestampMs: transaction.updatedAt,
    transactionStartTimestampMs: transaction.startedAt,
    clientTransactionVersion: transaction.version,
  }
  structCodec(valueSchema, valueVersion, true).write(writer, value)
  return Buffer.concat(writer.finish())
}

export function decodeTransaction(bytes: Buffer): Transaction {
  const reader = new Reader(bytes)
  const version = reader.int16()
  const value = structCodec(valueSchema, Math.min(version, valueVersion), version >= 1).read(reader) as StoredValue
  const partitions: TransactionPartitions = new Map(
    (value.transactionPartitions ?? []).map(({ topic, partitionIds }) => [topic, new Set(partitionIds)]),
  )
  return {
    state: transactionStates[value.transactionStatus] ?? 'Empty',
    producerId: value.producerId,
    epoch: value.producerEpoch,
    previousProducerId: value.previousProducerId,
    // As in Kafka, a question asked before a restart cannot be told from a new one after it.
    previousEpoch: -1,
    nextProducerId: value.nextProducerId,
    timeoutMs: value.transactionTimeoutMs,
    partitions,
    startedAt: value.transactionStartTimestampMs,
    updatedAt: value.transactionLastUpdateTimestampMs,
    version: value.clientTransactionVersion === 2 ? 2 : 0,
  }
}
