import { type Drive, type Planted, type Promised, source, stream } from '#e2e/checker/planted/planted.ts'
import { encodeOffsetRecord } from '#server/core/offset-record.ts'
import { createProducer, type ProducedRecord, type Producer } from '#server/kafka/producer.ts'
import { createTransactionalProducer } from '#server/kafka/transactional-producer.ts'

const each = 10

/** Records of the verifiable source, as it and the JsonConverter would write them. */
const records = (topic: string, from: number): ProducedRecord[] =>
  Array.from({ length: each }, (_, i) => {
    const seqno = from + i
    const header = (name: string, value: string) => ({ name, value: Buffer.from(value) })
    const value = { name: source, task: 0, topic, time_ms: Date.now(), seqno }
    return {
      key: Buffer.from('0'),
      value: Buffer.from(JSON.stringify(value)),
      headers: [header('connector', source), header('seqno', `n${seqno}`), header('instance', 'a life')],
    }
  })

/** Transactions of records and their offset, of which the last is aborted. */
const transactions: Drive = async (bench, { beside }) => {
  const { client, topic, offsetsTopic } = bench
  const transactionalId = `${topic}-0`
  await using transactional = createTransactionalProducer(client, { transactionalId })
  await using plain = createProducer(client, { acks: -1, idempotent: true })
  await transactional.initTransactions()
  const through = (what: typeof beside): Producer => (what === beside ? plain : transactional.producer)
  for (let n = 0; n < 4; n++) {
    transactional.begin()
    const offset = { seqno: n * each + each - 1 }
    const { key, value } = encodeOffsetRecord({ connector: source, partition: { id: 0 }, offset })
    await through('records').produce(topic, records(topic, n * each))
    await through('offset').produce(offsetsTopic, [{ key: Buffer.from(key), value: Buffer.from(value ?? '') }])
    await (n < 3 ? transactional.commit() : transactional.abort())
  }
  bench.journal.write({ kind: 'cut', at: Date.now(), stream })
}

export const transactionDrives: Promised[] = [{ drive: transactions, promises: { delivery: 'exactly-once' } }]

/** What may go wrong at the borders of a transaction. */
export const transactionBugs: Planted[] = [
  {
    bug: 'records are written beside their transaction',
    breaks: 'I13',
    drive: transactions,
    faults: { beside: 'records' },
  },
  {
    bug: 'an offset is written beside its transaction',
    breaks: 'I13',
    drive: transactions,
    faults: { beside: 'offset' },
  },
]
