import { readFileSync } from 'node:fs'
import { newBrokerFolder, startBrokerProcess } from '#e2e/kafka/broker-process.ts'
import { connectTo, type WireClient } from '#e2e/kafka/wire-client.ts'
import { percentile, round } from '#server/benchmarks/connector-control.ts'
import { encodeBatch } from '#server/protocol/record-batch.ts'

const totalBytes = Number(process.env.BENCH_BROKER_MB ?? 512) * 1024 * 1024
const recordBytes = 100
const inFlight = 5
const ticksPerSecond = 100

/**
 * The embedded broker alone, asked by a client that encodes its batches once and decodes nothing: MB per CPU-second of the
 * broker's process is what one core of it carries.
 */
export async function measureBroker(): Promise<object[]> {
  const lines: object[] = [await measureStart()]
  for (const batchBytes of [16 * 1024, 256 * 1024]) lines.push(...(await measureData(batchBytes)))
  return lines
}

async function measureStart(): Promise<object> {
  const times: number[] = []
  const residentMb: number[] = []
  for (let run = 0; run < 6; run++) {
    using folder = newBrokerFolder()
    const begin = performance.now()
    await using broker = await startBrokerProcess(folder.path)
    const tookMs = performance.now() - begin
    // The first start from sources strips types and fills the compile cache; a package comes stripped.
    if (run > 0) times.push(tookMs)
    residentMb.push(residentMbOf(broker.pid))
  }
  const [firstStart = 0, ...later] = residentMb
  return {
    bench: 'broker-ready',
    p50Ms: Math.round(percentile(times, 0.5)),
    maxMs: Math.round(Math.max(...times)),
    idleResidentMb: round(Math.max(...later)),
    firstStartResidentMb: round(firstStart),
  }
}

async function measureData(batchBytes: number): Promise<object[]> {
  using folder = newBrokerFolder()
  await using broker = await startBrokerProcess(folder.path)
  using client = await connectTo(broker.address)
  const topics = [{ name: 'load', numPartitions: 1, replicationFactor: 1 }]
  await client.call('CreateTopics', 7, { topics })
  const records = Array.from({ length: Math.floor(batchBytes / (recordBytes + 8)) }, () => ({
    key: null,
    value: Buffer.alloc(recordBytes, 'x'),
  }))
  const batch = encodeBatch(records, { timestamp: Date.now() })
  const produced = await timed(broker.pid, () => produce(client, batch))
  const consumed = await timed(broker.pid, () => consume(client))
  const common = { batchBytes: batch.length, recordBytes }
  return [
    { bench: 'broker-produce', ...common, ...produced, residentMb: Math.round(residentMbOf(broker.pid)) },
    { bench: 'broker-consume', ...common, ...consumed },
  ]
}

/** Five requests at a time, as an idempotent producer has; returns the bytes that were acknowledged. */
async function produce(client: WireClient, batch: Buffer): Promise<number> {
  const topicData = [{ name: 'load', partitionData: [{ index: 0, records: batch }] }]
  let sent = 0
  const sender = async () => {
    while (sent < totalBytes) {
      sent += batch.length
      const { responses } = await client.call('Produce', 9, { acks: -1, timeoutMs: 30_000, topicData })
      if (responses[0]?.partitionResponses[0]?.errorCode !== 0) throw new Error('a batch was refused')
    }
  }
  await Promise.all(Array.from({ length: inFlight }, sender))
  return sent
}

/** From the first byte to the end, one mebibyte at a time. */
async function consume(client: WireClient): Promise<number> {
  let bytes = 0
  for (let fetchOffset = 0; ; ) {
    const { responses } = await client.call('Fetch', 12, {
      ...{ maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 26, sessionEpoch: -1 },
      topics: [{ topic: 'load', partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1 << 20 }] }],
    })
    const records = responses[0]?.partitions[0]?.records
    if (!records || records.length === 0) return bytes
    bytes += records.length
    fetchOffset = endOf(records)
  }
}

/** One behind the last record, from the batches' headers alone. */
function endOf(records: Buffer): number {
  let end = 0
  for (let at = 0; at < records.length; at += 12 + records.readInt32BE(at + 8)) {
    end = Number(records.readBigInt64BE(at)) + records.readInt32BE(at + 23) + 1
  }
  return end
}

async function timed(pid: number, work: () => Promise<number>) {
  const [begin, cpuBegin] = [performance.now(), cpuSecondsOf(pid)]
  const megabytes = (await work()) / 1e6
  const cpuSeconds = cpuSecondsOf(pid) - cpuBegin
  return {
    megabytesPerSecond: round(megabytes / ((performance.now() - begin) / 1000)),
    megabytesPerCpuSecond: round(megabytes / cpuSeconds),
    cpuSeconds: round(cpuSeconds),
  }
}

function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

function residentMbOf(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1] ?? 0) / 1024
}
